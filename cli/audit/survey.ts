import { parseCommit, readCommitNode } from '../../shared/git/parse-commit.ts';
import { formatClaim } from '../../shared/model/claim.ts';
import type { Commit, CommitNode, Identity } from '../../shared/model/commit.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import type { BranchLimits } from '../../shared/model/limits.ts';
import type { Oid } from '../../shared/model/oid.ts';
import { splitCommit } from '../../shared/signatures/split-commit.ts';
import { describeSignature, type Signer } from './signer.ts';

/** An author or committer as commits claim them, escaped and bounded; one object for all commits that name them. */
export interface Person {
  readonly name: string;
  readonly email: string;
}

/** What an audit keeps of a commit. All but its parents is a claim. */
export interface SurveyedCommit extends CommitNode {
  readonly author: Person;
  readonly committer: Person;
  /** Seconds since 1970. */
  readonly committedAt: number;
  /** Null where it is unsigned, or cannot be read. */
  readonly signer: Signer | null;
  readonly signedAt: number | null;
  readonly isUnreadable: boolean;
  /** Its subject ends like that of a squashed pull request: `(#12)`. */
  readonly hasRequestNumber: boolean;
}

/** The commits of a history in the order in which they were read, and who takes part in it. */
export interface Survey {
  readonly commits: ReadonlyMap<Oid, SurveyedCommit>;
  /** Ids of commits that collide (trust rule 1.1). */
  readonly collisions: Set<Oid>;
  add(oid: Oid, raw: Uint8Array): void;
  /** The one object that stands for a person. */
  personOf(identity: Identity): Person;
}

const NOBODY: Person = { name: 'unreadable', email: '' };
const UNREADABLE = {
  ...{ author: NOBODY, committer: NOBODY, committedAt: 0, signer: null, signedAt: null },
  ...{ isUnreadable: true, hasRequestNumber: false },
};

export function createSurvey(limits: BranchLimits): Survey {
  const commits = new Map<Oid, SurveyedCommit>();
  const people = new Map<string, Person>();
  const signers = new Map<string, Signer>();

  const personOf = ({ name, email }: Identity): Person => {
    const key = `${name}\0${email}`;
    const known = people.get(key);
    if (known !== undefined) return known;
    const person = { name: detach(formatClaim(name)), email: detach(formatClaim(email)) };
    people.set(detach(key), person);
    return person;
  };
  const signerOf = (signer: Signer): Signer => {
    const key = `${signer.format} ${signer.id} ${signer.algorithm}`;
    const known = signers.get(key) ?? signer;
    signers.set(key, known);
    return known;
  };
  const read = (oid: Oid, raw: Uint8Array): Omit<SurveyedCommit, keyof CommitNode> => {
    const commit = tryParse(oid, raw, limits);
    if (commit === null) return UNREADABLE;
    const split = splitCommit(commit);
    const isSigned = !('outcome' in split) && split.signature !== null;
    const claim = isSigned && split.signature !== null ? describeSignature(split.payload, split.signature) : null;
    return {
      author: personOf(commit.author),
      committer: personOf(commit.committer),
      committedAt: commit.committer.seconds,
      signer: claim === null ? null : signerOf(claim.signer),
      signedAt: claim?.signedAt ?? null,
      isUnreadable: 'outcome' in split,
      hasRequestNumber: REQUEST_NUMBER.test(commit.text.slice(commit.headers.at(-1)?.end ?? 0)),
    };
  };
  return {
    commits,
    collisions: new Set(),
    personOf,
    add: (oid, raw) => {
      const parents = readCommitNode(oid, raw)?.parents ?? [];
      commits.set(oid, { oid, parents, ...read(oid, raw) });
    },
  };
}

const REQUEST_NUMBER = /^\n*[^\n]{0,500} \(#\d+\)(?:\n|$)/;

function tryParse(oid: Oid, raw: Uint8Array, limits: BranchLimits): Commit | null {
  try {
    return parseCommit(oid, raw, limits);
  } catch (error) {
    if (error instanceof HeadlockError) return null;
    throw error;
  }
}

/** A part of a text keeps all of that in memory; this keeps nothing but itself. */
function detach(text: string): string {
  return Buffer.from(text).toString();
}
