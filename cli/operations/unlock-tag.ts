import { HeadlockError } from '../../shared/model/headlock-error.ts';
import { DEFAULT_BRANCH_LIMITS } from '../../shared/model/limits.ts';
import type { Oid } from '../../shared/model/oid.ts';
import type { AppliedPolicy } from '../../shared/model/policy.ts';
import { allTagsOf, tagNameOf } from '../../shared/model/tag-ref.ts';
import type { TagState } from '../../shared/model/tag-state.ts';
import { askSources } from '../../shared/sources/ask-sources.ts';
import type { OpenSources } from '../../shared/sources/open-sources.ts';
import { findMalformed, readTag } from '../../shared/trust/judge-tag.ts';
import { absentCommit } from '../../shared/trust/offence.ts';
import { acceptTag, clearTag } from '../../shared/trust/operate-on-tag.ts';
import type { Installation } from './installation.ts';
import { readTag as readTagState } from './read-tags.ts';
import type { UnlockRequest } from './unlock-branch.ts';
import { updateBranch } from './update-branch.ts';

type Ports = Pick<Installation, 'policies' | 'tags' | 'queue'> & {
  readonly openSources: OpenSources;
};

/**
 * Accepts a tag's other object, or clears what is wrong with it (trust rule 5.3).
 * @throws HeadlockError `no_such_tag`, `no_such_repository`, `stale_sequence`, `nothing_to_clear`, `unreachable`, `unfit_anchor`
 */
export async function unlockTag(request: UnlockRequest, ports: Ports): Promise<TagState> {
  const { ref, to, sequence, overCompromise, reason, actor } = request;
  const state = await readTagState(ref.repository, ref.branch, ports);
  const act = { sequence, overCompromise, reason, actor, now: request.now.toISOString() };
  const change = await chooseChange(state, to, act, ports);
  const written = await updateBranch(ref, ports.tags, (current) => change(current ?? state));
  if (written === null) throw new Error('An unlock always writes.');
  await ports.queue.send({ ref: allTagsOf(ref.repository), delivery: `unlock:${ref.branch}:${written.version}` });
  return written;
}

async function chooseChange(
  state: TagState,
  to: Oid | null,
  act: Parameters<typeof clearTag>[1],
  ports: Ports,
): Promise<(state: TagState) => TagState> {
  if (to === null) return (current) => clearTag(current, act);
  acceptTag(state, to, to, act); // What is refused is refused before anything is fetched.
  const applied = await ports.policies.readApplied(state.ref.repository);
  if (applied === null) {
    const message = `No policy names the repository ${state.ref.repository}. \`headlock status\` lists what is guarded.`;
    throw new HeadlockError('no_such_repository', message, { kind: 'input' });
  }
  const commit = await readCommitOf(tagNameOf(state.ref), to, applied, ports);
  return (current) => acceptTag(current, to, commit, act);
}

/** Trust rule 5.3: the raw bytes are checked. Whose signature is on them is the operator's affair. */
async function readCommitOf(
  name: string,
  object: Oid,
  { policy }: AppliedPolicy,
  { openSources }: Ports,
): Promise<Oid> {
  const sources = await openSources(policy, DEFAULT_BRANCH_LIMITS);
  if ('kind' in sources) throw createUnreachableError(sources.message);
  const { answer: sent } = await askSources(sources, (source) => source.fetchTags([object]));
  if (sent.kind !== 'objects') throw createUnreachableError(sent.message);
  const isLightweight = sent.commits.has(object);
  const read = isLightweight ? { commit: object } : readTag({ name, object }, sent);
  const raw = 'reason' in read ? undefined : sent.commits.get(read.commit);
  const problem =
    'reason' in read
      ? read.message
      : raw === undefined
        ? absentCommit(read.commit, sent.collisions).message
        : findMalformed(read.commit, raw);
  if ('reason' in read || problem !== null) {
    throw new HeadlockError('unfit_anchor', `${object} cannot be accepted: ${problem}`, { kind: 'input' });
  }
  return read.commit;
}

function createUnreachableError(message: string): HeadlockError<'unreachable'> {
  return new HeadlockError('unreachable', message, { kind: 'upstream', retryable: true });
}
