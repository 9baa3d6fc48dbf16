import { isDeepStrictEqual } from 'node:util';
import type { SourceUnreachable } from '../../shared/git/commit-source.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import { DEFAULT_BRANCH_LIMITS } from '../../shared/model/limits.ts';
import type { AppliedPolicy } from '../../shared/model/policy.ts';
import { allTagsOf, tagNameOf, tagRefOf } from '../../shared/model/tag-ref.ts';
import type { GuardedTags, TagState } from '../../shared/model/tag-state.ts';
import { askSources } from '../../shared/sources/ask-sources.ts';
import { announceGuardedTags } from '../../shared/trust/announce-tag.ts';
import { createTagState } from '../../shared/trust/apply-tags.ts';
import { countRoom, listGuarded, listUndecided } from '../../shared/trust/choose-tags.ts';
import type { ListedTag } from '../../shared/trust/judge-tag.ts';
import { lockOn, markUnreachable } from '../../shared/trust/next-state.ts';
import { tooManyTags } from '../../shared/trust/tag-offence.ts';
import { decideTags, type NextTags } from './decide-tags.ts';
import { createDecisionTally, type DecisionTally } from './decision-tally.ts';
import { deliverDue } from './deliver-due.ts';
import { inParallel } from './in-parallel.ts';
import { observeTags } from './observe-tags.ts';
import type { TagPorts } from './ports.ts';
import { untilDecided } from './verify-branch.ts';

/**
 * Decides a repository's guarded tags anew (trust rule 4.9): delivers what is due, lists them, judges those that are not
 * final, and records each in one conditional write. Idempotent, and in steps where there are many.
 * @throws HeadlockError `contended` (retryable) where others keep writing them.
 */
export async function verifyTags(
  repository: string,
  ports: TagPorts,
  tally: DecisionTally = createDecisionTally(allTagsOf(repository)),
): Promise<void> {
  if (await untilDecided(() => decideOnce(repository, ports, tally), ports)) return;
  throw new HeadlockError('contended', `Tags of ${repository} are written by others all the time; it is tried again.`, {
    kind: 'upstream',
    retryable: true,
  });
}

/** @returns false where somebody else wrote first, so that everything has to be read again. */
async function decideOnce(repository: string, ports: TagPorts, tally: DecisionTally): Promise<boolean> {
  tally.begin();
  const { tags, policies } = ports;
  // Trust rule 5.1: states are read before the policy, so a policy that is applied in between fails the writes below.
  const stored = await tags.guarded.read(allTagsOf(repository));
  if (stored === null) return true;
  const guarded = await deliverDue(stored, { ...ports, branches: tags.guarded });
  const delivered = await deliverAll(await tags.list(repository), ports);
  if (guarded === null || delivered === null) return false;
  const applied = await policies.readApplied(repository);
  if (applied === null || guarded.retired) return true;

  // Trust rule 3.3: a compromised key is told of at once, whether or not the forge answers.
  const known = new Map(delivered.map((state) => [tagNameOf(state.ref), state]));
  const told = await record(guarded, decideTags(guarded, known, null, applied, ports), {}, ports);
  if (told === null) return false;
  const states = new Map([...known, ...told.tags.map((state) => [tagNameOf(state.ref), state] as const)]);

  const missed = async (cause: SourceUnreachable): Promise<boolean> =>
    (await writeGuarded(told.guarded, markUnreachable(told.guarded, cause, nowOf(ports)), ports)) !== null;
  const sources = await ports.openSources(applied.policy, DEFAULT_BRANCH_LIMITS);
  if ('kind' in sources) return missed(sources);
  const { source, answer: listing } = await askSources(sources, (each) => each.listTags());
  if (listing.kind === 'unreachable') return missed(listing);

  const listed = listGuarded(listing.tags, applied);
  const fresh = listed.filter(({ name }) => !states.has(name));
  const room = countRoom(states, ports.maxTags);
  const started = await startTags(fresh.slice(0, Math.min(room, ports.tagsPerStep)), told.guarded, applied, ports);
  if (started === null) return false;
  for (const state of started) states.set(tagNameOf(state.ref), state);

  const open = listUndecided(listed, states, applied.version, nowOf(ports).now);
  const observed = await observeTags(open.slice(0, ports.tagsPerStep), source, applied, ports);
  // Trust rule 4.4: which tags were moved or deleted, the listing alone tells.
  const [found, fault] = 'kind' in observed ? [new Map<string, never>(), observed] : [observed, null];
  const unreachable = fault && markUnreachable(told.guarded, fault, nowOf(ports)).unreachable;
  const next = decideTags(told.guarded, states, { listed, found }, applied, ports);
  const isFull = fresh.length > room;
  const lock = isFull ? lockOn(tooManyTags(listed.length, ports.maxTags), told.guarded, nowOf(ports).now) : null;
  const recorded = await record(told.guarded, next, { lock, unreachable }, ports);
  if (recorded === null) return false;
  tally.concludeTags(started.length + recorded.tags.length, applied.policy, nowOf(ports).now);
  if (fault !== null) return true;

  const unjudged = open.find(({ name }) => !found.has(name));
  const left = fresh.slice(0, room)[ports.tagsPerStep]?.name ?? unjudged?.name ?? next.left;
  // Named by what is left: a step that gets nowhere is not asked for again.
  if (left !== null) await ports.queue.send({ ref: guarded.ref, delivery: `step:${applied.version}:${left}` });
  return true;
}

interface Recorded {
  readonly guarded: GuardedTags;
  readonly tags: readonly TagState[];
}

/** @returns what was written, without debts, or null where somebody else wrote first */
async function record(
  guarded: GuardedTags,
  { changed, overview }: NextTags,
  changes: Partial<GuardedTags>,
  ports: TagPorts,
): Promise<Recorded | null> {
  // Before the tags: held alerts that are counted twice do no harm, some that are not counted would be lost (trust rule 5.5).
  const after = await writeGuarded(guarded, { ...guarded, ...overview, ...changes }, ports);
  if (after === null) return null;
  const branches = ports.tags;
  const written = await inParallel(changed, async (state) => {
    const done = await branches.write(state);
    return done && deliverDue(done, { ...ports, branches });
  });
  const tags = written.filter((state) => state !== null);
  return tags.length === written.length ? { guarded: after, tags } : null;
}

function nowOf({ now }: TagPorts): { readonly now: string } {
  return { now: now().toISOString() };
}

async function deliverAll(states: readonly TagState[], ports: TagPorts): Promise<readonly TagState[] | null> {
  const delivered = await inParallel(states, (state) => deliverDue(state, { ...ports, branches: ports.tags }));
  return delivered.every((state) => state !== null) ? delivered : null;
}

/**
 * Gives new tags their items, with nothing decided. Whoever applies a policy from now on finds them and raises their versions;
 * whoever did so just before is found here (trust rule 5.1).
 * @returns null where somebody else wrote first
 */
async function startTags(
  fresh: readonly ListedTag[],
  { sequenceFloor }: GuardedTags,
  applied: AppliedPolicy,
  ports: TagPorts,
): Promise<readonly TagState[] | null> {
  if (fresh.length === 0) return [];
  const { repository } = applied.policy;
  const { now } = nowOf(ports);
  const started = await inParallel(fresh, ({ name, object }) =>
    ports.tags.write(createTagState(tagRefOf(repository, name), object, now, sequenceFloor)),
  );
  const current = await ports.policies.readPolicy(repository);
  if (current?.version !== applied.version) return null;
  return started.every((state) => state !== null) ? started : null;
}

/** @returns null where somebody else wrote first */
async function writeGuarded(before: GuardedTags, after: GuardedTags, ports: TagPorts): Promise<GuardedTags | null> {
  const announced = announceGuardedTags(before, after, nowOf(ports).now);
  if (isDeepStrictEqual(announced, before)) return before;
  const { guarded } = ports.tags;
  const written = await guarded.write(announced);
  return written && deliverDue(written, { ...ports, branches: guarded });
}
