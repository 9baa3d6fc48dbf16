import type { SourceUnreachable } from '../../shared/git/commit-source.ts';
import { mergeTags, type SentTags, type TagSource } from '../../shared/git/tag-source.ts';
import { DEFAULT_BRANCH_LIMITS } from '../../shared/model/limits.ts';
import type { Oid } from '../../shared/model/oid.ts';
import type { AppliedPolicy } from '../../shared/model/policy.ts';
import { allTagsOf } from '../../shared/model/tag-ref.ts';
import { createKeyring } from '../../shared/signatures/keyring.ts';
import { loadSigstore } from '../../shared/signatures/x509/load-sigstore.ts';
import { FIRST_OF_ALL_TIMES } from '../../shared/trust/apply-policy.ts';
import { judgeTag, type ListedTag, readTag, refusedFinding, type TagFinding } from '../../shared/trust/judge-tag.ts';
import { createExceptions } from '../../shared/trust/policy-exceptions.ts';
import { tooLargeTag } from '../../shared/trust/tag-offence.ts';
import { findDeniedPayloads, toUnixSeconds } from './judge-and-record.ts';
import type { TagPorts } from './ports.ts';

/** Of the two minutes that a run has: the listing and the last request take 20 s each at most, and writing comes after. */
const MAX_FETCHING_MS = 40_000;

interface Fetched extends SentTags {
  /** Past a limit: their bytes are not read (trust rule 4.7). */
  readonly tooLarge: ReadonlySet<Oid>;
  /** Those that this run has no time for. */
  readonly waiting: ReadonlySet<Oid>;
}

/** Fetches and judges as many of these tags as there is time for, with first seen and verdicts recorded (trust rules 3.1, 1.7). By their names. */
export async function observeTags(
  open: readonly ListedTag[],
  source: TagSource,
  applied: AppliedPolicy,
  ports: TagPorts,
): Promise<ReadonlyMap<string, TagFinding> | SourceUnreachable> {
  if (open.length === 0) return new Map();
  const { policy, version, signatories } = applied;
  const all = allTagsOf(policy.repository);
  const fetched = await fetchObjects([...new Set(open.map(({ object }) => object))], source, ports);
  if ('kind' in fetched) return fetched;
  const listed = open.filter(({ object }) => !fetched.waiting.has(object));

  const now = ports.now().toISOString();
  const firstSeen = await recordFirstSeen(listNamed(listed, fetched), now, policy.repository, ports);
  await loadSigstore(signatories);
  // Trust rule 2.7: what was denied on a branch is denied as a tag too.
  const refs = [all, ...policy.branches.map(({ name }) => ({ repository: policy.repository, branch: name }))];
  const payloads = await findDeniedPayloads(
    refs,
    policy,
    { limits: DEFAULT_BRANCH_LIMITS },
    fetched.commits,
    ports.verdicts,
  );
  const terms = {
    keyring: createKeyring(signatories, policy.compromisedKeys),
    ...{ signatories, firstSeen, judgedAt: toUnixSeconds(now) },
    exceptions: createExceptions(policy, payloads),
  };
  const findings = new Map(
    listed.map((tag) => {
      const { name, object } = tag;
      const isTooLarge = fetched.tooLarge.has(object);
      return [name, isTooLarge ? refusedFinding(tooLargeTag(name, object)) : judgeTag(tag, fetched, terms)];
    }),
  );
  const verdicts = [...findings.values()].flatMap((finding) => finding.verdicts);
  await ports.verdicts.write(all, version, [...new Map(verdicts.map((each) => [each.commit, each])).values()]);
  return findings;
}

/** The objects of tags and the commits that they name, each once: a server may send more. */
function listNamed(listed: readonly ListedTag[], fetched: Fetched): readonly Oid[] {
  const named = listed.flatMap((tag) => {
    const read = readTag(tag, fetched);
    return 'reason' in read ? [tag.object] : [tag.object, read.commit];
  });
  return [...new Set(named)];
}

/** Trust rule 3.1: written before anything is judged. */
async function recordFirstSeen(
  objects: readonly Oid[],
  now: string,
  repository: string,
  { seen }: TagPorts,
): Promise<ReadonlyMap<Oid, number>> {
  const all = allTagsOf(repository);
  const recorded = await seen.read(all, FIRST_OF_ALL_TIMES, objects);
  const fresh = objects.filter((oid) => !recorded.has(oid));
  const [first] = fresh;
  if (first !== undefined) await seen.write(all, now, first, fresh);
  return new Map([...recorded].map(([oid, time]) => [oid, toUnixSeconds(time)]));
}

/** All in one request; past a limit by halves, so that one that is too large keeps no other back. */
async function fetchObjects(
  objects: readonly Oid[],
  source: TagSource,
  { now }: TagPorts,
): Promise<Fetched | SourceUnreachable> {
  const deadline = now().getTime() + MAX_FETCHING_MS;
  const parts: SentTags[] = [];
  const tooLarge = new Set<Oid>();
  const open: (readonly Oid[])[] = [objects];
  for (let wanted = open.pop(); wanted !== undefined; wanted = open.pop()) {
    if (now().getTime() > deadline) {
      if (parts.length + tooLarge.size === 0) return TOO_SLOW;
      // What was found counts: else enough tags that are too large would keep all others back for ever.
      open.push(wanted);
      break;
    }
    const outcome = await source.fetchTags(wanted);
    if (outcome.kind === 'unreachable') return outcome;
    if (outcome.kind === 'objects') parts.push(outcome);
    else if (wanted.length === 1) for (const oid of wanted) tooLarge.add(oid);
    else open.push(wanted.slice(wanted.length >> 1), wanted.slice(0, wanted.length >> 1));
  }
  return { tooLarge, waiting: new Set(open.flat()), ...mergeTags(parts) };
}

const TOO_SLOW: SourceUnreachable = {
  kind: 'unreachable',
  cause: 'timeout',
  message: 'The objects of tags could not be fetched in the time that one run has. It is tried again.',
};
