import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BranchState, publishedStateOf, type UnreachableCause } from '../../shared/model/branch-state.ts';
import type { Oid } from '../../shared/model/oid.ts';
import type { AppliedPolicy, Mode } from '../../shared/model/policy.ts';
import { EXTENSION } from '../../shared/statements/create-statement.ts';
import { statementPlace } from '../../shared/store/item-keys.ts';
import { listStatuses } from '../../shared/trust/list-statuses.ts';
import {
  type BranchWorld,
  createBranchWorld,
  fingerprintOf,
  type RuleChanges,
  type Signer,
} from '../support/branch-world.ts';
import { cutOffAt, takeTurns } from '../support/cut-off.ts';
import { SEED } from '../support/seed.ts';
import { openEnvelope, readEnvelope } from '../support/statements.ts';

/** Something that happens to a branch. Commits are chosen by a number, modulo how many there are. */
type Step =
  | { readonly does: 'push'; readonly signer: Signer; readonly minutesAhead: number }
  | { readonly does: 'merge'; readonly signer: Signer; readonly other: number; readonly isFoxtrot: boolean }
  | { readonly does: 'start over'; readonly signer: Signer }
  | { readonly does: 'force-push'; readonly to: number }
  | { readonly does: 'delete' }
  | { readonly does: 'withhold'; readonly commit: number }
  | { readonly does: 'fail'; readonly cause: UnreachableCause | null }
  | { readonly does: 'apply'; readonly changes: RuleChanges; readonly isCutOff: boolean }
  | { readonly does: 'unlock'; readonly to: number | null }
  | { readonly does: 'wait'; readonly minutes: number }
  | { readonly does: 'verify' }
  | { readonly does: 'verify, cut off'; readonly call: number; readonly when: 'before' | 'after' }
  | { readonly does: 'verify twice at once'; readonly delays: readonly number[]; readonly meanwhile: Step };

const signer = fc.constantFrom<Signer>('alice', 'alice', 'alice', 'bob', null);
const changes: fc.Arbitrary<RuleChanges> = fc.oneof(
  fc.record({ mode: fc.constantFrom<Mode>('all', 'all', 'first-parent', 'head') }),
  fc.record({ bob: fc.boolean() }),
  fc.record({ enforcement: fc.constantFrom('enforce', 'report') }),
  fc.record({ keyTime: fc.constantFrom('first-seen', 'signature', 'ignore') }),
  fc.record({ compromised: fc.constantFrom('alice', 'bob', null, null) }),
);
const event: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ does: fc.constant('push'), signer, minutesAhead: fc.constantFrom(0, 0, 0, 20) }),
  },
  { weight: 4, arbitrary: fc.record({ does: fc.constant('merge'), signer, other: fc.nat(), isFoxtrot: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('start over'), signer }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constant('force-push'), to: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('delete') }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('withhold'), commit: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('fail'), cause: fc.constantFrom('timeout', null) }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('apply'), changes, isCutOff: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('unlock'), to: fc.option(fc.nat()) }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('wait'), minutes: fc.constantFrom(-15, 1, 3, 20, 70) }) },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: event },
  { weight: 4, arbitrary: fc.record({ does: fc.constant('verify') }) },
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constant('verify, cut off'),
      call: fc.integer({ min: 1, max: 16 }),
      when: fc.constantFrom('before', 'after'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant('verify twice at once'),
      delays: fc.array(fc.nat(6), { minLength: 1, maxLength: 6 }),
      meanwhile: event,
    }),
  },
);

async function take(step: Step, world: BranchWorld): Promise<void> {
  const { forge, made } = world;
  const chosen = (n: number): Oid => made[n % made.length] ?? world.anchor;
  const tip = forge.branches.get('main') ?? world.anchor;
  const push = (id: Oid) => void forge.branches.set('main', id);
  switch (step.does) {
    case 'push':
      return push(world.commit(step.signer, [tip], step.minutesAhead));
    case 'merge': {
      const both = [tip, chosen(step.other)];
      return push(world.commit(step.signer, step.isFoxtrot ? both.toReversed() : both));
    }
    case 'start over':
      return push(world.commit(step.signer, []));
    case 'force-push':
      return push(chosen(step.to));
    case 'delete':
      return void forge.branches.delete('main');
    case 'withhold':
      return void forge.withheld.add(chosen(step.commit));
    case 'fail':
      forge.fault = step.cause;
      return;
    case 'apply':
      return world.apply(step.changes, step.isCutOff);
    case 'unlock':
      return world.unlock(step.to === null ? null : chosen(step.to));
    case 'wait':
      return world.passTime(step.minutes);
    case 'verify':
      return world.verify();
    case 'verify, cut off':
      return world.verify(cutOffAt(step.call, step.when));
    case 'verify twice at once': {
      const { delays, meanwhile } = step;
      const runs = [world.verify(takeTurns(delays)), world.verify(takeTurns(delays.toReversed()))];
      await takeTurns(delays).after();
      await take(meanwhile, world);
      await Promise.all(runs);
    }
  }
}

/** The forge is mended, everybody has time, and nobody pushes. */
async function settle(world: BranchWorld): Promise<void> {
  world.forge.fault = null;
  world.forge.withheld.clear();
  for (let round = 0; round < 4; round += 1) {
    world.passTime(65);
    do await world.verify();
    while ((await world.state()).progress !== null);
  }
}

/** Trust rule 5.1, of every single write. */
function checkWrite(before: BranchState | null, after: BranchState, ruling: number): void {
  if (before === null) return;
  const moved = after.trusted?.oid !== before.trusted?.oid;
  expect(after.sequence - before.sequence).toBeLessThanOrEqual(1);
  expect(after.sequence - before.sequence).toBeGreaterThanOrEqual(moved ? 1 : 0);
  const isDecision = after.tip !== null;
  // Trust rule 3.3: nothing but an operator ends a compromise, and nothing moves before.
  if (before.compromise !== null && (moved || after.compromise === null)) {
    expect([isDecision, after.sequence, after.operatorAnchored]).toEqual([false, before.sequence + 1, true]);
  }
  // Trust rule 4.7: a step publishes nothing.
  if (after.progress !== null) expect(moved).toBe(false);
  if (moved && isDecision) expect(after.policyVersion).toBeGreaterThanOrEqual(ruling);
  expect((after.decidedAt ?? '') >= (before.decidedAt ?? '')).toBe(true);
  // Trust rule 5.5: what is due stays so until it was delivered, one after the other; statuses wait for nothing else, nor
  // does anything wait for them.
  for (const isStatus of [false, true]) {
    const [owed, [first, ...others]] = [before, after].map(({ due }) =>
      due.filter(({ kind }) => (kind === 'status') === isStatus).map(({ id }) => id),
    ) as [string[], string[]];
    if (first === undefined) continue;
    const rest = owed.slice(Math.max(0, owed.indexOf(first)));
    expect([first, ...others].slice(0, rest.length)).toEqual(rest);
  }
}

function reach(world: BranchWorld, from: Oid): Set<Oid> {
  const reached = new Set([from]);
  for (const id of reached) for (const parent of world.parents.get(id) ?? []) reached.add(parent);
  return reached;
}

function firstParents(world: BranchWorld, from: Oid): Oid[] {
  const chain: Oid[] = [];
  for (let id: Oid | undefined = from; id !== undefined; id = world.parents.get(id)?.[0]) chain.push(id);
  return chain;
}

function accepts(applied: AppliedPolicy | undefined, signer: Signer): boolean {
  if (signer === null || applied === undefined || marks(applied, signer)) return false;
  return applied.signatories.some(({ name }) => name === signer);
}

function marks({ policy }: AppliedPolicy, signer: Signer): boolean {
  return signer !== null && policy.compromisedKeys.includes(fingerprintOf(signer));
}

/** Trust rules 4.1 and 4.5 as they read, from what the test knows of who signed what. */
function isProven(world: BranchWorld, base: Oid, revision: Oid, policyVersion: number): boolean {
  const applied = world.stores.applied[policyVersion - 1];
  const mode = applied?.policy.branches[0]?.mode;
  const isSigned = (id: Oid) => accepts(applied, world.signers.get(id) ?? null);
  const behind = reach(world, base);
  const found = reach(world, revision);
  if (revision === base || !found.has(base)) return false;
  if (mode === 'head') return isSigned(revision);
  if (mode === 'first-parent') {
    const chain = firstParents(world, revision);
    return chain.includes(base) && chain.slice(0, chain.indexOf(base)).every(isSigned);
  }
  const isRooted = (id: Oid) => (world.parents.get(id) ?? []).length > 0;
  return [...found].filter((id) => !behind.has(id)).every((id) => isSigned(id) && isRooted(id));
}

/** Trust rules 4.4, 5.1, 5.3: every revision follows from the one before, by proof or by an operator. */
function checkPublished(world: BranchWorld, state: BranchState): void {
  const { revisions } = world.stores;
  expect([...revisions.keys()].toSorted((a, b) => a - b)).toEqual(Array.from(revisions.keys(), (_, n) => n + 1));
  expect(revisions.size).toBe(state.sequence);
  expect(revisions.get(state.sequence)?.revision).toBe(state.trusted?.oid);
  let former: Oid | null = null;
  for (let sequence = 1; sequence <= state.sequence; sequence += 1) {
    const record = revisions.get(sequence);
    if (record === undefined) throw new Error(`Sequence ${sequence} has no record.`);
    expect(record.previous).toBe(former);
    if (!world.acts.has(sequence)) {
      const isAnchor = former === null && record.revision === world.anchor;
      const isNew = isProven(world, former ?? world.anchor, record.revision, record.policyVersion);
      expect([record.revision, isAnchor || isNew]).toEqual([record.revision, true]);
    }
    former = record.revision;
  }
}

/** Trust rules 4.2–4.4: nothing that the policy proves is left, and the lock says so where that is not the tip. */
function checkDecided(world: BranchWorld, state: BranchState): void {
  const tip = world.forge.branches.get('main');
  const { length: version } = world.stores.applied;
  const { mode, enforcement } = world.stores.applied.at(-1)?.policy.branches[0] ?? {};
  expect(state).toMatchObject({ policyVersion: version, enforcement, unreachable: null, lagging: null });
  if (enforcement === 'enforce') expect(state.observedTip).toBeNull();
  if (tip === undefined) {
    expect(state.lock?.reason).toBe('branch_deleted');
    return;
  }
  if (state.compromise !== null) return;
  const base = state.trusted?.oid ?? world.anchor;
  const chain = firstParents(world, tip);
  const isDescendant = mode === 'first-parent' ? chain.includes(base) : reach(world, tip).has(base);
  if (state.trusted === null) expect(isDescendant).toBe(false);
  expect(state.lock === null).toBe(tip === state.trusted?.oid);
  if (state.lock === null) return;
  expect(state.lock.reason === 'history_rewritten').toBe(!isDescendant);
  if (!isDescendant) return;
  expect(['unsigned', 'unknown_key', 'revoked_key', 'unrelated_history']).toContain(state.lock.reason);
  expect(chain.filter((id) => isProven(world, base, id, version))).toEqual([]);
}

/** Trust rule 1.6: an index is exactly what can be reached from a revision that was published under its sequence. */
function checkIndexes(world: BranchWorld): void {
  const { indexes, revisions } = world.stores;
  for (const { revision, sequence, ids } of indexes) {
    expect(revisions.get(sequence)?.revision).toBe(revision);
    expect(ids).toEqual(reach(world, revision));
  }
}

/** Trust rule 3.3: a branch is flagged where what it published since its latest anchor rests on a key that a policy marks. */
function checkCompromise(world: BranchWorld, state: BranchState): void {
  const { applied, revisions, events, published } = world.stores;
  const [anchoring = 1] = [...events.values()]
    .filter(({ kind }) => kind === 'reanchored')
    .map(({ sequence }) => sequence)
    .toReversed();
  const signers = new Set<Signer>();
  for (const { sequence, revision, previous, policyVersion } of revisions.values()) {
    if (sequence < anchoring || world.acts.has(sequence)) continue;
    const mode = applied[policyVersion - 1]?.policy.branches[0]?.mode ?? 'all';
    for (const id of newCommits(world, mode, previous ?? world.anchor, revision))
      signers.add(world.signers.get(id) ?? null);
  }
  const isMarkedBy = (policy: AppliedPolicy) => [...signers].some((signer) => marks(policy, signer));
  if (applied.slice(-1).some(isMarkedBy)) expect(state.compromise).not.toBeNull();
  if (state.compromise !== null) expect(applied.some(isMarkedBy)).toBe(true);
  const told = [...published.values()].filter(({ event, title }) => event === 'compromised' && !isReminder(title));
  expect(told).toHaveLength([...events.values()].filter(({ kind }) => kind === 'compromised').length);
}

function newCommits(world: BranchWorld, mode: Mode, base: Oid, revision: Oid): readonly Oid[] {
  if (revision === base) return [];
  if (mode === 'head') return [revision];
  const behind = reach(world, base);
  const found = mode === 'all' ? [...reach(world, revision)] : firstParents(world, revision);
  return found.filter((id) => !behind.has(id));
}

/** It tells no news. */
function isReminder(title: string): boolean {
  return / is still \w+ after /.test(title);
}

/** Trust rule 5.5: one alert for each end of a lock and each lock of its kind since the last advance, sent or in a digest. */
function checkAlerts({ stores }: BranchWorld, state: BranchState): void {
  expect(state).toMatchObject({ due: [], alertHour: state.alertHour === null ? null : { held: 0 } });
  const known = new Set<string>();
  let owed = 0;
  for (const { kind, actor, details } of stores.events.values()) {
    const key = `${details.reason}:${details.commit ?? ''}`;
    if (kind === 'advanced' || actor !== 'headlock') {
      if (kind !== 'policy_changed') known.clear();
    } else if (kind === 'unlocked' || (kind === 'locked' && !known.has(key))) owed += 1;
    if (kind === 'locked') known.add(key);
  }
  const news = [...stores.published.values()].filter(({ title }) => !isReminder(title));
  const told = news.filter(
    ({ event, title }) => (event === 'locked' || event === 'unlocked') && !title.endsWith('by an operator'),
  );
  const counts = told.map(({ title }) => Number(/: (\d+) more change/.exec(title)?.[1] ?? 1));
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(owed);
}

/** Trust rule 5.5: what the forge was told last is what the branch says, wherever a run was cut off. */
function checkTold({ shown }: BranchWorld, state: BranchState): void {
  // Without a tip nothing was found since an operator acted, or the branch is gone.
  if (state.tip === null) return;
  for (const status of listStatuses(state)) expect(shown.get(status.commit)).toEqual(status);
}

/** Trust rule 3.1: whatever is judged again has the first time at which it was seen. */
function checkFirstSeen({ stores }: BranchWorld): void {
  for (const { commit, firstSeen } of stores.judged.values()) {
    const times = stores.sightings.filter(({ commits }) => commits.includes(commit)).map(({ at }) => Date.parse(at));
    expect(firstSeen).toBe(Math.floor(Math.min(...times) / 1000));
  }
}

/** Trust rules 5.1, 6.1, 6.2: statements go forward, each about what was published then, the latest about what is now. */
function checkStated({ stores, acts, anchor }: BranchWorld, state: BranchState): void {
  const { stated, statementKey, revisions } = stores;
  let former = '';
  for (const { envelope, sequence, revision, ...about } of stated) {
    const { subject, predicate } = readEnvelope(envelope);
    const { timeVerified, verificationResult, verifiedLevels, [EXTENSION]: extension } = predicate;
    expect(subject[0]?.digest.gitCommit).toBe(revision);
    expect(revisions.get(sequence)).toMatchObject({ revision, previous: extension.previousRevision });
    expect(extension).toMatchObject({ sequence, state: about.state, expires: about.expires });
    expect(verificationResult).toBe(about.state === 'Compromised' ? 'FAILED' : 'PASSED');
    // Trust rule 6.1: a history counts as signed where nothing but mode `all` proved it, from the policy's anchor on.
    const proved = [...revisions.values()].filter((each) => each.sequence <= sequence && each.revision !== anchor);
    const modes = [extension.mode, ...proved.map(({ mode }) => mode)];
    const isWhole = modes.every((mode) => mode === 'all') && about.state !== 'Compromised';
    const isClaimed = verifiedLevels.includes('ORG_SOURCE_SIGNED_HISTORY');
    if (![...acts].some((act) => act <= sequence)) expect(isClaimed).toBe(isWhole);
    else if (isClaimed) expect(extension).toMatchObject({ operatorAnchored: false, mode: 'all' });
    const place = statementPlace({ sequence, issuedAt: timeVerified });
    expect(place >= former).toBe(true);
    former = place;
  }
  expect(stated.length > 0).toBe(state.trusted !== null);
  if (state.trusted === null) return;
  const { sequence, trusted } = state;
  expect(stated.at(-1)).toMatchObject({ sequence, revision: trusted.oid, state: publishedStateOf(state) });
  expect(state.statement).toMatchObject({ isSigned: true, issuedAt: stated.at(-1)?.issuedAt });
  openEnvelope(stated.at(-1)?.envelope ?? '', statementKey);
}

describe('verifyBranch, whatever happens', () => {
  it('publishes only what is proven, in one sequence, and tells everything at least once', async () => {
    const run = async (isSha256: boolean, verdictsPerStep: number, steps: readonly Step[]) => {
      const world = await createBranchWorld(isSha256 ? 'sha256' : 'sha1', checkWrite, verdictsPerStep);
      for (const each of steps) await take(each, world);
      await settle(world);
      const state = await world.state();
      checkPublished(world, state);
      checkIndexes(world);
      checkDecided(world, state);
      checkCompromise(world, state);
      checkAlerts(world, state);
      checkTold(world, state);
      // A decision from nothing but what is trusted finds the same: nothing was left as it is that time or chance changed.
      const { version } = state;
      await world.stores.branches.write({ ...state, tip: null });
      world.stores.judged.clear();
      await settle(world);
      checkFirstSeen(world);
      const again = await world.state();
      checkStated(world, again);
      const unlike = { version, tip: null, decidedAt: null, statement: null, reminders: null };
      expect({ ...again, ...unlike }).toEqual({ ...state, ...unlike });
    };
    const steps = fc.array(step, { minLength: 5, maxLength: 40 });
    await fc.assert(fc.asyncProperty(fc.boolean(), fc.constantFrom(2, 5, 1000), steps, run), {
      seed: SEED,
      numRuns: 1000,
    });
  });
});
