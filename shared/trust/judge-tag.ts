import { hash } from 'node:crypto';
import { parseTag, type Tag } from '../git/parse-tag.ts';
import type { SentTags } from '../git/tag-source.ts';
import { HeadlockError } from '../model/headlock-error.ts';
import { type BranchLimits, DEFAULT_BRANCH_LIMITS } from '../model/limits.ts';
import type { Oid } from '../model/oid.ts';
import type { Signatory, UnixSeconds } from '../model/signatory.ts';
import type { TagRule } from '../model/tag-rule.ts';
import { mintTrustedRevision, type TrustedRevision } from '../model/trusted-revision.ts';
import { createRefusal, type Refusal, type SignatureEvidence, type Verdict } from '../model/verdict.ts';
import { createKeyring, type Keyring } from '../signatures/keyring.ts';
import { runChecks } from '../signatures/signature-check.ts';
import { splitTag } from '../signatures/split-tag.ts';
import { judgeProof, proveSignature } from '../signatures/verify-signature.ts';
import { formatIdentity, proveCommit } from './judge-commit.ts';
import { createRangeJudge } from './judge-range.ts';
import { type Evidence, listEvidence, NO_EVIDENCE } from './list-evidence.ts';
import { type Offence, refusedCommit } from './offence.ts';
import { ACCEPTABLE, applyExceptions, type PolicyExceptions } from './policy-exceptions.ts';
import { absentObject, lightweightTag, malformedTag, refusedTag, signTag, unprovenCommit } from './tag-offence.ts';

/** By whose keys and at which times tags are judged. */
export interface TagTerms {
  readonly keyring: Keyring;
  /** Whom the keyring is made of. */
  readonly signatories: readonly Signatory[];
  readonly exceptions: PolicyExceptions;
  /** Of tag objects and of commits (trust rule 3.1); `judgedAt` where one was never seen before. */
  readonly firstSeen: ReadonlyMap<Oid, UnixSeconds>;
  /** Now. */
  readonly judgedAt: UnixSeconds;
}

export interface ListedTag {
  /** Without `refs/tags/`. */
  readonly name: string;
  /** What the ref names. */
  readonly object: Oid;
  readonly rule: TagRule;
}

/** What was found of the object that a tag names. */
export interface TagFinding {
  /** The tag's commit where all that the rule asks for is proven, else null. */
  readonly revision: TrustedRevision | null;
  /** Null where it is proven. */
  readonly offence: Offence | null;
  /** What it rests on. */
  readonly evidence: Evidence;
  /** When time alone may change it. */
  readonly recheckAt: UnixSeconds | null;
  /** Of the tag object and of its commit, as far as they were judged. */
  readonly verdicts: readonly Verdict[];
}

/** Tags have no limits of their own in a policy. */
const LIMITS: BranchLimits = DEFAULT_BRANCH_LIMITS;

/** Judges one tag from raw bytes (trust rule 4.9). Never throws for what the bytes hold: distrust is a value. */
export function judgeTag(listed: ListedTag, sent: SentTags, terms: TagTerms): TagFinding {
  const read = readTag(listed, sent);
  if ('reason' in read) return refusedFinding(read);
  const signed = judgeTagObject(read, listed, terms);
  const tagVerdict = applyExceptions(signed, terms.exceptions);
  const commitVerdict = judgeTaggedCommit(read.commit, listed.rule, sent, terms);
  const verdicts = [tagVerdict, ...(commitVerdict === null ? [] : [commitVerdict])];
  if (tagVerdict.outcome === 'refused') return refusedFinding(refusedTag(listed.name, tagVerdict), verdicts);
  if (commitVerdict === null) return refusedFinding(absentObject(listed.name, read.commit, sent.collisions), verdicts);
  if (commitVerdict.outcome === 'refused' && counts(commitVerdict, listed.rule))
    return refusedFinding(unprovenCommit(listed.name, refusedCommit(commitVerdict)), verdicts);

  const revision = mintTrustedRevision(read.commit);
  const evidence = listEvidence(listed.rule.verify === 'tag' ? [tagVerdict] : verdicts);
  return { revision, offence: null, evidence, recheckAt: null, verdicts };
}

export function refusedFinding(offence: Offence, verdicts: readonly Verdict[] = []): TagFinding {
  const times = verdicts.flatMap((verdict) => (verdict.outcome === 'refused' ? (verdict.recheckAt ?? []) : []));
  const recheckAt = times.length === 0 ? null : Math.min(...times);
  return { revision: null, offence, evidence: NO_EVIDENCE, recheckAt, verdicts };
}

/** The tag object itself, or why there is none. */
export function readTag({ name, object }: Pick<ListedTag, 'name' | 'object'>, sent: SentTags): Tag | Offence {
  const raw = sent.tags.get(object);
  if (raw === undefined)
    return sent.commits.has(object) ? lightweightTag(name, object) : absentObject(name, object, sent.collisions);
  try {
    return parseTag(object, raw, name);
  } catch (error) {
    if (!(error instanceof HeadlockError) || error.code !== 'malformed_tag') throw error;
    return malformedTag(name, object, error.message);
  }
}

/** What is wrong with the bytes of a tag's commit, whoever signed it; null where they are well formed. */
export function findMalformed(commit: Oid, raw: Uint8Array): string | null {
  const { proof } = runChecks(proveCommit(commit, raw, createKeyring([]), LIMITS));
  return 'outcome' in proof && !ACCEPTABLE[proof.reason] ? proof.message : null;
}

function judgeTagObject(tag: Tag, { name, rule: { keyTime } }: ListedTag, terms: TagTerms): Verdict {
  const { oid, tagger, raw } = tag;
  const split = splitTag(raw);
  const firstSeen = terms.firstSeen.get(oid) ?? terms.judgedAt;
  const length = raw.length - split.payload.length;
  const judged =
    length > LIMITS.signatureBytes
      ? tooLong(length)
      : judgeProof(runChecks(proveSignature(split, terms.keyring)), tagger, {
          ...{ keyTime, matchEmail: false, firstSeen, judgedAt: terms.judgedAt },
        });
  return {
    ...(judged.outcome === 'verified' ? limitToCommits(judged, terms.signatories) : inWordsOfTags(judged, name)),
    commit: oid,
    payloadSha256: hash('sha256', split.payload, 'hex'),
    committer: formatIdentity(tagger),
    firstSeen,
  };
}

/** Trust rule 3.5: who is limited to merges makes no release. */
function limitToCommits(evidence: SignatureEvidence, signatories: readonly Signatory[]): SignatureEvidence | Refusal {
  const isLimited = signatories.some(({ name, limit }) => name === evidence.signatory && limit !== null);
  if (!isLimited) return evidence;
  return createRefusal(
    'not_authorized',
    `is signed by ${evidence.signatory}, whose signatures count on merges alone.`,
    'Have another signatory sign the tag.',
  );
}

/** The commit as mode `head` judges one; null where it was not sent. */
function judgeTaggedCommit(commit: Oid, { keyTime }: TagRule, sent: SentTags, terms: TagTerms): Verdict | null {
  const raw = sent.commits.get(commit);
  if (raw === undefined) return null;
  // Nothing is known of its parents.
  const range = { trusted: commit, ancestors: null, asked: [commit] };
  const branch = { keyTime, matchEmail: false, limits: LIMITS };
  const judge = createRangeJudge(range, sent.commits, { ...terms, branch });
  return judge(runChecks(proveCommit(commit, raw, terms.keyring, LIMITS)));
}

/** Under `verify: tag` the tag's signature vouches for the commit as an operator may: not for what is denied or malformed. */
function counts({ reason }: Refusal, { verify }: TagRule): boolean {
  return verify === 'tag-and-commit' || !ACCEPTABLE[reason];
}

/** Refusals of signatures speak of commits. */
function inWordsOfTags(refusal: Refusal, name: string): Refusal {
  if (refusal.reason === 'unsigned') return { ...refusal, nextStep: signTag(name, 'COMMIT') };
  const say = (text: string) =>
    text
      .replaceAll('committer', 'tagger')
      .replace(/\bcommit\b/g, 'tag')
      .replace(/\bCommit again\b/g, 'Tag again');
  return { ...refusal, message: say(refusal.message), nextStep: say(refusal.nextStep) };
}

function tooLong(bytes: number): Refusal {
  return createRefusal(
    'limit_exceeded',
    `carries a signature of ${bytes} bytes; the limit is ${LIMITS.signatureBytes}.`,
    'Sign the tag again.',
  );
}
