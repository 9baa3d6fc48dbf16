import { describe, expect, it } from 'vitest';
import { fetchRange } from '../../../functions/verify/fetch-range.ts';
import type { CommitSource, FetchRequest } from '../../../shared/git/commit-source.ts';
import { createHttpSource } from '../../../shared/git/http-source.ts';
import { DEFAULT_BRANCH_LIMITS } from '../../../shared/model/limits.ts';
import { type Oid, parseOid } from '../../../shared/model/oid.ts';
import type { Mode } from '../../../shared/model/policy.ts';
import { startGitHttpServer } from '../../support/git-http-server.ts';
import { createGitRepository } from '../../support/git-repository.ts';
import { createMemoryForge } from '../../support/memory-forge.ts';

describe.each<Mode>(['all', 'first-parent', 'head'])('fetchRange in mode %s', (mode) => {
  it('concludes nothing of history from a commit whose parents cannot be read (rule 4.4)', async () => {
    const forge = createMemoryForge();
    const trusted = forge.commit('Trusted');
    const broken = forge.add(`tree 123\nparent ${trusted}\n\nBroken\n`);
    const above = forge.commit('Above', { parents: [broken] });
    const source: CommitSource = {
      ...forge.source(),
      fetchCommits: async () => ({ kind: 'commits', commits: forge.commits, collisions: new Set() }),
    };
    for (const tip of [broken, above]) {
      const outcome = await fetchRange(source, { mode, trusted, tip, readAnchor: false });
      expect(outcome).toMatchObject({ kind: 'undecided', offence: { reason: 'malformed_commit', commit: broken } });
    }
    const elsewhere = forge.commit('Another history');
    const outcome = await fetchRange(source, { mode, trusted, tip: elsewhere, readAnchor: false });
    expect(outcome).toMatchObject({ kind: 'not-descendant' });
  });
});

it('takes no old commit for a new one where the server keeps a part of the trusted history to itself (rules 1.5, 1.6)', async () => {
  const forge = createMemoryForge();
  const root = forge.commit('Root');
  const old = forge.commit('Old', { parents: [root] });
  const between = forge.commit('Between', { parents: [old] });
  const other = forge.commit('Other', { parents: [root] });
  const trusted = forge.commit('Trusted', { parents: [other, between] });
  const side = forge.commit('Side', { parents: [old] });
  const tip = forge.commit('Tip', { parents: [trusted, side] });
  const request = { mode: 'all', trusted, tip, readAnchor: false } as const;
  for (const hidden of [between, trusted]) {
    forge.withheld.add(hidden);
    const outcome = await fetchRange(forge.source(), request);
    expect(outcome).toMatchObject({ kind: 'undecided', offence: { reason: 'missing_object', commit: hidden } });
    forge.withheld.clear();
  }
  expect(await fetchRange(forge.source(), request)).toMatchObject({ kind: 'range', range: { asked: [side, tip] } });
});

/** An old root, a fork from which the trusted revision and a side come, and a tip that merges both. */
function createForkedHistory() {
  const forge = createMemoryForge();
  const root = forge.commit('Root');
  const old = forge.commit('Old', { parents: [root] });
  const trusted = forge.commit('Trusted', { parents: [old] });
  const hidden = forge.commit('Hidden', { parents: [old] });
  const side = forge.commit('Side', { parents: [hidden] });
  const tip = forge.commit('Tip', { parents: [trusted, side] });
  const index = new Set([root, old, trusted]);
  return { forge, root, old, trusted, hidden, side, tip, index };
}

/** Counts how often the whole history is asked for. */
function countWhole(source: CommitSource) {
  const counted = {
    whole: 0,
    source: {
      ...source,
      fetchCommits: (request: FetchRequest) => {
        if (request.have === null) counted.whole += 1;
        return source.fetchCommits(request);
      },
    },
  };
  return counted;
}

describe('a stored index (rule 1.6)', () => {
  it('is read where a boundary appears, and spares fetching the whole history', async () => {
    const { forge, old, trusted, hidden, side, tip, index } = createForkedHistory();
    const counted = countWhole(forge.source());
    const request = { mode: 'all', trusted, tip, readAnchor: false } as const;
    const found = await fetchRange(counted.source, request, async () => index);
    expect(found).toMatchObject({ kind: 'range', range: { asked: [hidden, side, tip] }, rebuilt: null });
    expect(counted.whole).toBe(0);
    const without = await fetchRange(counted.source, request);
    expect(without).toMatchObject({ kind: 'range', range: { asked: [hidden, side, tip] }, rebuilt: index });
    expect(counted.whole).toBe(1);

    const straight = forge.commit('Straight', { parents: [trusted] });
    const unasked = () => Promise.reject(new Error('The walk is closed.'));
    expect(await fetchRange(forge.source(), { ...request, tip: straight }, unasked)).toMatchObject({
      kind: 'range',
      range: { asked: [straight] },
    });
    expect(await fetchRange(forge.source(), { ...request, tip: trusted }, unasked)).toEqual({ kind: 'up-to-date' });
    for (const mode of ['all', 'first-parent', 'head'] as const) {
      const behind = await fetchRange(forge.source(), { ...request, mode, tip: old }, async () => index);
      expect(behind).toMatchObject({ kind: 'not-descendant' });
    }
  });

  it('is not read before the first publication: the anchor itself is (rule 5.7)', async () => {
    const { forge, trusted, tip } = createForkedHistory();
    const counted = countWhole(forge.source());
    const unasked = () => Promise.reject(new Error('The anchor is to be read.'));
    const found = await fetchRange(counted.source, { mode: 'all', trusted, tip, readAnchor: true }, unasked);
    expect(found).toMatchObject({ kind: 'range' });
    expect(counted.whole).toBe(1);
  });

  it('gives way to the whole history where a merge may count by what is behind the trusted revision (rule 3.5)', async () => {
    const forge = createMemoryForge();
    const [tree, other] = [parseOid('1'.repeat(40)), parseOid('2'.repeat(40))];
    const fork = forge.commit('Fork');
    const old = forge.commit('Old', { parents: [fork] });
    const trusted = forge.commit('Trusted', { parents: [old] });
    const side = forge.commit('Side', { parents: [old], tree });
    const index = async () => new Set([fork, old, trusted]);
    const wholeFetches = async (merge: Oid) => {
      const tip = forge.commit('Tip', { parents: [trusted, merge] });
      const counted = countWhole(forge.source());
      const found = await fetchRange(counted.source, { mode: 'all', trusted, tip, readAnchor: false }, index);
      expect(found).toMatchObject({ kind: 'range', range: { missing: new Map() } });
      return counted.whole;
    };
    expect(await wholeFetches(forge.commit('Of the side', { parents: [fork, side], tree }))).toBe(1);
    expect(await wholeFetches(forge.commit('Of old ones', { parents: [fork, old], tree }))).toBe(1);
    expect(await wholeFetches(forge.commit('Of its own', { parents: [fork, side], tree: other }))).toBe(0);
    expect(await wholeFetches(forge.commit('Of the trusted one', { parents: [trusted, side], tree }))).toBe(0);
  });
});

describe.each([true, false])('a server that lies, with an index: %s (rules 1.1, 1.5, 1.6)', (hasIndex) => {
  type Sent = Map<Oid, Uint8Array>;
  type History = ReturnType<typeof createForkedHistory>;

  async function fetchFrom(history: History, lie: (sent: Sent, request: FetchRequest) => void) {
    const { forge, trusted, tip, index } = history;
    const honest = forge.source();
    const source: CommitSource = {
      ...honest,
      fetchCommits: async (request) => {
        const answer = await honest.fetchCommits(request);
        if (answer.kind !== 'commits') return answer;
        const commits = new Map(answer.commits);
        lie(commits, request);
        return { ...answer, commits };
      },
    };
    const request = { mode: 'all', trusted, tip, readAnchor: false } as const;
    return fetchRange(source, request, async () => (hasIndex ? index : null));
  }

  it('cannot hide a side branch', async () => {
    const history = createForkedHistory();
    const { hidden, side, tip } = history;
    const found = await fetchFrom(history, (sent) => sent.delete(hidden));
    expect(found).toMatchObject({ kind: 'range', range: { missing: new Map([[side, hidden]]) } });
    const all = await fetchFrom(history, (sent) => [hidden, side].map((id) => sent.delete(id)));
    expect(all).toMatchObject({ kind: 'range', range: { missing: new Map([[tip, side]]) } });
  });

  it('cannot put another object in its place', async () => {
    const history = createForkedHistory();
    const { forge, hidden, side, old } = history;
    const other = forge.commit('Harmless', { parents: [old] });
    const found = await fetchFrom(history, (sent) => {
      sent.delete(hidden);
      sent.set(other, forge.commits.get(other) as Buffer);
    });
    expect(found).toMatchObject({ kind: 'range', range: { missing: new Map([[side, hidden]]) } });
    if (found.kind === 'range') expect(found.range.asked).not.toContain(other);
  });

  it('cannot answer with a shallow history', async () => {
    const history = createForkedHistory();
    const { tip, trusted, side } = history;
    for (const depth of [[tip], [tip, side], [tip, trusted, side]]) {
      const found = await fetchFrom(history, (sent) => {
        for (const id of [...sent.keys()]) if (!depth.includes(id)) sent.delete(id);
      });
      if (found.kind === 'range') expect(found.range.missing.size).toBe(1);
      else expect(found).toMatchObject({ kind: 'undecided', offence: { reason: 'missing_object' } });
    }
    expect(await fetchFrom(history, (sent) => sent.clear())).toMatchObject({
      ...{ kind: 'undecided', offence: { reason: 'missing_object', commit: tip } },
    });
  });

  it('changes nothing by sending old commits too', async () => {
    const history = createForkedHistory();
    const { forge, hidden, side, tip, old, root } = history;
    const found = await fetchFrom(history, (sent) => {
      for (const id of [old, root]) sent.set(id, forge.commits.get(id) as Buffer);
    });
    expect(found).toMatchObject({ kind: 'range', range: { asked: [hidden, side, tip], roots: new Set() } });
  });
});

it('takes no old commit for a new one that git sends because its dates are skewed (rule 1.6)', async () => {
  const repository = await createGitRepository();
  const server = await startGitHttpServer(repository.root);
  try {
    const at = (seconds: number) => ({ date: `${1_700_000_000 + seconds} +0000` });
    const root = await repository.commit('Root', at(97_000));
    const fork = await repository.commit('Fork', at(98_000));
    let trusted = fork;
    const old = [root, fork];
    // Git stops looking for what the trusted revision has behind it after some commits that are older than all new ones.
    for (let n = 0; n < 12; n += 1) {
      trusted = await repository.commit(`Long ago ${n}`, at(n));
      old.push(trusted);
    }
    await repository.run('checkout', '-q', '-b', 'side', fork);
    const side = await repository.commit('Side', at(99_000));
    await repository.run('checkout', '-q', 'main');
    await repository.run('merge', '-q', '--no-ff', '--no-commit', side);
    const tip = await repository.commit('Tip', at(100_000));
    const source = createHttpSource({
      ...{ url: `${server.url}/${repository.name}`, credentials: null, limits: DEFAULT_BRANCH_LIMITS },
      ...{ timeoutMs: 60_000, userAgent: 'headlock/test' },
    });
    const sent = await source.fetchCommits({ want: tip, have: trusted });
    if (sent.kind !== 'commits') throw new Error(sent.kind);
    expect(new Set(sent.commits.keys())).toEqual(new Set([root, fork, side, tip]));
    const request = { mode: 'all', trusted, tip, readAnchor: false } as const;
    for (const index of [null, new Set(old)]) {
      const found = await fetchRange(source, request, async () => index);
      expect(found).toMatchObject({ kind: 'range', range: { asked: [side, tip], roots: new Set() } });
    }
  } finally {
    await server.close();
    await repository.remove();
  }
});
