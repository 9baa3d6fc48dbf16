import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { fetchRange } from '../../../functions/verify/fetch-range.ts';
import { createHttpSource } from '../../../shared/git/http-source.ts';
import { createLocalSource } from '../../../shared/git/local-source.ts';
import { DEFAULT_BRANCH_LIMITS } from '../../../shared/model/limits.ts';
import type { Oid } from '../../../shared/model/oid.ts';
import { decide } from '../../../shared/trust/decide.ts';
import { buildDelta, buildPack } from '../../support/build-pack.ts';
import { type GitHttpServer, startGitHttpServer } from '../../support/git-http-server.ts';
import { createGitRepository, type GitRepository } from '../../support/git-repository.ts';
import { readPack } from '../../support/read-pack.ts';
import { verdictOf } from '../../support/small-history.ts';

/** A colliding commit takes a new attack of some 2^60 steps, so here the detector takes a word for one. */
const MARK = 'Made to collide';
vi.mock('../../../shared/git/object-id.ts', async (load) => {
  const real = await load<typeof import('../../../shared/git/object-id.ts')>();
  const computeOid: typeof real.computeOid = (type, body, format) => ({
    ...real.computeOid(type, body, format),
    collides: Buffer.from(body).includes(MARK),
  });
  return { ...real, computeOid };
});

let repository: GitRepository;
let server: GitHttpServer;
const ids: Oid[] = [];
beforeAll(async () => {
  repository = await createGitRepository();
  for (const message of ['Anchor', 'Good', MARK, 'Above', 'Tip']) ids.push(await repository.commit(message));
  server = await startGitHttpServer(repository.root);
});
afterAll(async () => {
  await server.close();
  await repository.remove();
});
const commit = (index: number): Oid => {
  const id = ids[index];
  if (id === undefined) throw new Error('No such commit.');
  return id;
};

describe.each(['http', 'local'])('a commit that collides (%s)', (kind) => {
  const source = () =>
    kind === 'local'
      ? createLocalSource(repository.path)
      : createHttpSource({
          url: `${server.url}/${repository.name}`,
          credentials: null,
          limits: DEFAULT_BRANCH_LIMITS,
          timeoutMs: 60_000,
          userAgent: 'headlock/test',
        });
  const range = (trusted: number, tip: number, mode: 'all' | 'first-parent' | 'head' = 'all') =>
    fetchRange(source(), { mode, trusted: commit(trusted), tip: commit(tip), readAnchor: false });

  test('is left out and named', async () => {
    const sent = await source().fetchCommits({ want: commit(4), have: null });
    if (sent.kind !== 'commits') throw new Error(sent.kind);
    expect([...sent.commits.keys()].sort()).toEqual([0, 1, 3, 4].map(commit).sort());
    expect([...sent.collisions]).toEqual([commit(2)]);
  });

  test('is the reason why the branch does not go past it', async () => {
    const offence = { reason: 'sha1_collision', commit: commit(2) };
    for (const mode of ['all', 'first-parent', 'head'] as const) {
      for (const tip of [2, 4]) {
        const found = await range(1, tip, mode);
        expect(found).toMatchObject({ kind: 'undecided', offence });
      }
    }
  });

  test('behind the trusted revision leaves no index of its ancestors', async () => {
    await repository.run('checkout', '-q', '-b', `old-${kind}`, commit(0));
    await repository.commit(`Forked early for ${kind}`);
    await repository.run('merge', '-q', '--no-ff', '-m', 'Merge', commit(4));
    const tip = (await repository.run('rev-parse', 'HEAD')).trim() as Oid;
    const found = await fetchRange(source(), { mode: 'all', trusted: commit(3), tip, readAnchor: false });
    expect(found).toMatchObject({ kind: 'undecided', offence: { reason: 'sha1_collision', commit: commit(2) } });
  });

  test('on a side branch keeps that merge out, and what was proven before goes on', async () => {
    const trusted = commit(0);
    await repository.run('checkout', '-q', '-b', `side-${kind}`, trusted);
    const good = await repository.commit(`Good on ${kind}`);
    await repository.run('merge', '-q', '--no-ff', '-m', 'Merge', commit(2));
    const tip = (await repository.run('rev-parse', 'HEAD')).trim() as Oid;
    const found = await fetchRange(source(), { mode: 'all', trusted, tip, readAnchor: false });
    if (found.kind !== 'range') throw new Error(found.kind);
    const verdicts = new Map(found.range.asked.map((oid) => [oid, verdictOf(oid, undefined)]));
    const decision = decide(found.range, verdicts, { publishers: null });
    expect(decision.advance?.oid).toBe(good);
    expect(decision.offence).toMatchObject({ reason: 'sha1_collision', commit: commit(2) });
  });
});

test('a delta is still built from a commit that collides, which alone is left out', async () => {
  const body = (text: string) => Buffer.from(`tree ${'a'.repeat(40)}\n\n${text}`);
  const base = body(MARK);
  const pack = buildPack([
    { type: 'commit', body: base },
    { type: 'ofs-delta', base: 0, body: buildDelta(base, body('Built from it')) },
  ]);
  const { commits, collisions } = await readPack(pack);
  expect([...commits.values()].map(String)).toEqual([String(body('Built from it'))]);
  expect(collisions.size).toBe(1);
});
