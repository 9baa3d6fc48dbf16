import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readPolicy } from '../../cli/policy/read-policy.ts';
import { DEFAULT_BRANCH_LIMITS } from '../../shared/model/limits.ts';
import type { Oid } from '../../shared/model/oid.ts';
import { findTagRule } from '../../shared/model/tag-rule.ts';
import { createKeyring } from '../../shared/signatures/keyring.ts';
import { loadSigstore } from '../../shared/signatures/x509/load-sigstore.ts';
import { hashDeniedPayloads } from '../../shared/trust/hash-denied-payloads.ts';
import { judgeTag } from '../../shared/trust/judge-tag.ts';
import { createExceptions } from '../../shared/trust/policy-exceptions.ts';
import { writeBareRepository } from '../support/bare-repository.ts';
import { useEmbeddedServices } from '../support/embedded-services.ts';
import { runHeadlock } from '../support/run-headlock.ts';
import { formatTagOutcome, objectIn, readTagVectors, type TagVector, writeTagPolicy } from '../support/tag-vectors.ts';
import { createTagWorld } from '../support/tag-world.ts';

const vectors = readTagVectors(join(import.meta.dirname, 'tags.yaml'));
/** Those that need no more than one look. */
const atOnce = vectors.filter(({ names }) => names.length === 1);
const rows = (chosen: readonly TagVector[]) =>
  chosen.map((vector) => [vector.name, vector.rules.join(', '), vector] as const);

useEmbeddedServices();
let root: string;
let made = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'hl-tag-vectors-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const nextFolder = () => join(root, String(made++));

async function readTerms(vector: TagVector) {
  const [read] = await readPolicy(await writeTagPolicy(nextFolder(), vector));
  if (read === undefined) throw new Error('The policy lost its repository.');
  return read;
}

function bodiesOf({ objects }: TagVector, kind: 'tag' | 'commit'): Map<Oid, Uint8Array> {
  return new Map([...objects.values()].filter((one) => one.kind === kind).map(({ oid, raw }) => [oid, raw]));
}

describe('tags by the decision', () => {
  it.each(rows(atOnce))('%s (rule %s)', async (_name, _rules, vector) => {
    const { policy, signatories } = await readTerms(vector);
    await loadSigstore(signatories);
    const sent = { tags: bodiesOf(vector, 'tag'), commits: bodiesOf(vector, 'commit'), collisions: new Set<Oid>() };
    const rule = findTagRule(policy.tags, vector.tag);
    if (rule === null) throw new Error('The policy does not guard the tag.');
    const object = objectIn(vector, String(vector.names[0]));
    const { revision, offence } = judgeTag({ name: vector.tag, object, rule }, sent, {
      ...{ keyring: createKeyring(signatories), signatories, firstSeen: new Map() },
      exceptions: createExceptions(policy, hashDeniedPayloads(policy, sent.commits, DEFAULT_BRANCH_LIMITS)),
      judgedAt: vector.at.getTime() / 1000,
    });
    expect(formatTagOutcome(vector, revision?.oid ?? null, offence)).toBe(vector.expect);
  });
});

describe('tags by the handler', () => {
  it.each(rows(vectors))('%s (rule %s)', async (_name, _rules, vector) => {
    const { policy, signatories } = await readTerms(vector);
    const world = createTagWorld({ format: vector.format, start: vector.at });
    const { tags, accepted, denied } = policy;
    await world.apply({ tags, accepted, denied }, signatories);
    for (const { oid, kind, raw } of vector.objects.values()) world.objects.set(oid, { type: kind, raw });
    for (const name of vector.names) {
      if (name === null) world.tags.delete(vector.tag);
      else world.tags.set(vector.tag, objectIn(vector, name));
      // Trust rule 4.4: a tag that is gone is looked for again.
      await world.run();
      world.wait(120);
      await world.run();
    }
    const { trusted, lock } = await world.state(vector.tag);
    expect(formatTagOutcome(vector, trusted?.oid ?? null, lock)).toBe(vector.expect);
  });
});

describe('tags by the command line', () => {
  it.each(rows(atOnce))('%s (rule %s)', async (_name, _rules, vector) => {
    const path = join(nextFolder(), 'repository.git');
    const refs = new Map([[`refs/tags/${vector.tag}`, objectIn(vector, String(vector.names[0]))]]);
    await writeBareRepository(path, {
      format: vector.format,
      commits: bodiesOf(vector, 'commit'),
      tags: bodiesOf(vector, 'tag'),
      refs,
    });
    const policy = await writeTagPolicy(nextFolder(), vector);
    // The command has no clock but the machine's.
    vi.setSystemTime(vector.at);
    const { status, stdout, stderr } = await runHeadlock([
      'verify',
      path,
      '-f',
      policy,
      '--tag',
      vector.tag,
      '--output',
      'json',
    ]);
    vi.useRealTimers();
    expect(stderr).toBe('');
    const { revision, lock } = JSON.parse(stdout);
    expect(formatTagOutcome(vector, revision, lock)).toBe(vector.expect);
    expect(status).toBe(lock === null ? 0 : 1);
  });

  it('are described for people, and those that nothing guards or nobody made are named', async () => {
    const [vector] = atOnce;
    const unsigned = atOnce.find(({ name }) => name === 'a lightweight tag');
    if (vector === undefined || unsigned === undefined) throw new Error('The vectors are gone.');
    const path = join(nextFolder(), 'repository.git');
    const refs = new Map([
      ['refs/tags/v1', objectIn(vector, 'V')],
      ['refs/tags/v2', objectIn(vector, 'A')],
    ]);
    await writeBareRepository(path, {
      format: 'sha1',
      commits: bodiesOf(vector, 'commit'),
      tags: bodiesOf(vector, 'tag'),
      refs,
    });
    const policy = await writeTagPolicy(nextFolder(), vector);
    const verify = (tag: string) => runHeadlock(['verify', path, '-f', policy, '--tag', tag]);
    expect(await verify('v1')).toMatchObject({
      status: 0,
      stdout: `v1 is trusted at ${objectIn(vector, 'A')} (tag signed by Alice, commit signed by Alice)\n`,
    });
    const locked = await verify('v2');
    expect(locked.status).toBe(1);
    expect(locked.stdout).toMatch(/^v2 locks: unsigned\n {2}Tag v2 is lightweight: .*\n {2}Next: Sign it: /);
    expect(await verify('v3')).toMatchObject({ status: 2, stdout: '' });
    expect((await runHeadlock(['verify', path, '-f', policy])).stderr).toContain(
      'guards no branch here. Check a tag with --tag.',
    );
  });
});
