import type { LockReason } from '../../shared/model/branch-state.ts';
import type { Oid } from '../../shared/model/oid.ts';
import type { Mode } from '../../shared/model/policy.ts';
import type { KeyTime } from '../../shared/model/signatory.ts';
import type { CommitReason, SignatureFormat } from '../../shared/model/verdict.ts';
import type { ForgeKind } from './forges.ts';
import type { KeyPlace } from './found-key.ts';

/**
 * What `headlock audit --output json` prints: a stable shape, in which fields are only added. Times are ISO 8601 in UTC to the
 * second, by the committer's date: a claim, null where it is beyond the calendar. Names and addresses are claims, escaped and
 * bounded. Lists are complete.
 */
export interface AuditReport {
  readonly location: string;
  readonly branch: string;
  readonly tip: Oid;
  /** As given with `--from`; the audited commits are those behind the tip and not behind it. */
  readonly from: Oid | null;
  /** Where the trials start: `from`, or the oldest commit of the first-parent chain. */
  readonly start: Oid;
  /** Whether parents are missing that `from` does not explain: a shallow clone. */
  readonly shallow: boolean;
  /** Commits that a SHA-1 collision attack made (trust rule 1.1). None of them is told of besides. */
  readonly collisions: readonly Oid[];
  readonly commits: number;
  readonly merges: number;
  readonly firstParentCommits: number;
  readonly first: string | null;
  readonly last: string | null;
  readonly signatures: SignatureCounts;
  /** How many commits would verify, and how many not for which reason, if all keys of the proposal were listed. */
  readonly outcomes: Readonly<Record<KeyTime, OutcomeCounts>>;
  readonly keys: readonly AuditedKey[];
  /** On the first-parent chain, the oldest first. */
  readonly unsignedRanges: readonly CommitSpan[];
  readonly forges: readonly AuditedForge[];
  readonly bots: readonly AuditedBot[];
  /** By reason, whatever `keyTime` says: what is wrong with signatures and keys besides expiry. */
  readonly refusals: readonly AuditedRefusal[];
  /** Key files in the repository itself. Whoever pushes can change them, so none is used. */
  readonly candidates: readonly KeyCandidate[];
  /** Keys that could not be read or asked for, one sentence each. */
  readonly problems: readonly string[];
  readonly trials: readonly AuditedTrial[];
  readonly proposal: AuditProposal;
}

export interface SignatureCounts {
  readonly openpgp: number;
  readonly ssh: number;
  readonly x509: number;
  readonly unsigned: number;
  /** Commits that are malformed. */
  readonly unreadable: number;
}

export type OutcomeCounts = Readonly<Partial<Record<'verified' | CommitReason, number>>>;

export interface DatedCommit {
  readonly commit: Oid;
  readonly date: string | null;
}

export interface AuditedKey {
  readonly format: SignatureFormat;
  /** As people compare it: `0x…`, `SHA256:…`, or the identity of X.509; null where no signature names it. */
  readonly key: string | null;
  /** OpenPGP: the certificate that the key belongs to, where it was found. */
  readonly primaryKey: string | null;
  readonly algorithm: string | null;
  /** Where the public key is from; `signatures` where they carry it, which tells nothing of its owner. Null: it was not found. */
  readonly source: KeyPlace['kind'] | null;
  readonly location: string | null;
  /** As the certificate, the file or the forge names them; null where nobody does. */
  readonly owner: string | null;
  readonly forge: ForgeKind | null;
  readonly expires: string | null;
  readonly expiry: 'none' | 'later' | 'soon' | 'expired';
  readonly commits: number;
  /** Whose signature is good, whenever the key was valid. */
  readonly verified: number;
  readonly refused: OutcomeCounts;
  /** Commits that the key signed after its expiry, as the signature's own time says. */
  readonly afterExpiry: number;
  readonly first: DatedCommit;
  readonly last: DatedCommit;
  readonly committers: readonly { readonly name: string; readonly email: string; readonly commits: number }[];
  /** A command that would fetch the key; null where it is there. */
  readonly fetch: string | null;
}

/** Commits in a row on the first-parent chain: `git log --first-parent <after>..<last>`. */
export interface CommitSpan {
  /** Null where it starts with the first commit. */
  readonly after: Oid | null;
  readonly last: Oid;
  readonly commits: number;
  readonly firstDate: string | null;
  readonly lastDate: string | null;
}

export interface AuditedForge {
  readonly forge: ForgeKind;
  /** Commits of which it claims to be the committer, or that its key signed. */
  readonly commits: number;
  readonly signed: number;
  /** Of all commits, from 0 to 1. */
  readonly fraction: number;
  /** Signed by it: with two parents or more. */
  readonly merges: number;
  /** Signed by it, one parent, and a request's number at the end of the subject: squash merges, as far as that tells. */
  readonly squashes: number;
  /** Signed by it otherwise: rebase merges, edits on web pages, commits that bots make. */
  readonly others: number;
}

export interface AuditedBot {
  readonly name: string;
  readonly email: string;
  readonly commits: number;
  readonly signed: number;
  /** By a forge's key. */
  readonly signedByForge: number;
}

export interface AuditedRefusal {
  readonly reason: CommitReason;
  readonly rule: string;
  readonly commits: number;
  readonly example: Oid;
  /** Of the example. */
  readonly message: string;
}

export interface KeyCandidate {
  readonly path: string;
  /** Those of the audited keys that it holds. */
  readonly keys: readonly string[];
  /** How many commits they signed. */
  readonly commits: number;
}

export interface AuditedTrial {
  readonly mode: Mode;
  readonly keyTime: KeyTime;
  readonly withForge: boolean;
  readonly reaches: Oid;
  readonly lock: {
    readonly commit: Oid | null;
    readonly reason: LockReason;
    readonly rule: string;
    readonly message: string;
    readonly nextStep: string;
  } | null;
  readonly anchor: Oid;
  readonly verified: number;
}

export interface AuditProposal {
  readonly mode: Mode;
  readonly keyTime: KeyTime;
  readonly anchor: Oid;
  /** Commits that are judged and verify from the anchor to the tip. */
  readonly verified: number;
  readonly signatories: readonly {
    readonly name: string;
    readonly source: KeyPlace['kind'];
    readonly keys: readonly string[];
    readonly commits: number;
  }[];
  /** `branches:` and `signatories:` of a repository in `headlock.yaml`. */
  readonly yaml: string;
}
