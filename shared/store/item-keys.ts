import type { BranchRef } from '../model/branch-ref.ts';
import type { Timestamp } from '../model/branch-state.ts';
import type { Oid } from '../model/oid.ts';

/** The primary key of one item. The kind comes first in `pk`, so that IAM's leading-key conditions can say who may write what. */
export type ItemKey = { readonly pk: string; readonly sk: string };

/** Lists of what the installation holds, for commands and the sweep. */
export const REPOSITORIES_PARTITION = 'repositories';
export const TOKENS_PARTITION = 'tokens';
export const SECRETS_PARTITION = 'secrets';

export const branchPartition = (repository: string): string => `branch:${repository}`;
export const tagPartition = (repository: string): string => `tag:${repository}`;
export const historyPartition = (ref: BranchRef): string => `history:${ref.repository}:${ref.branch}`;
export const verdictPartition = (repository: string): string => `verdict:${repository}`;
export const seenPartition = (ref: BranchRef): string => `seen:${ref.repository}:${ref.branch}`;
export const ancestorPartition = (ref: BranchRef): string => `ancestors:${ref.repository}:${ref.branch}`;
export const appPartition = (app: string): string => `app:${app}`;
const policyPartition = (repository: string): string => `policy:${repository}`;

/** Padded, so that text order is number order. */
const padded = (value: number, digits: number): string => String(value).padStart(digits, '0');

export const repositoryKey = (repository: string): ItemKey => ({ pk: REPOSITORIES_PARTITION, sk: repository });
export const appKey = (app: string): ItemKey => ({ pk: appPartition(app), sk: 'app' });
export const currentPolicyKey = (repository: string): ItemKey => ({ pk: policyPartition(repository), sk: 'current' });
export const branchKey = (ref: BranchRef): ItemKey => ({ pk: branchPartition(ref.repository), sk: ref.branch });
export const statementKey = (ref: BranchRef): ItemKey => ({ pk: `statement:${ref.repository}`, sk: ref.branch });
export const tagKey = (ref: BranchRef): ItemKey => ({ pk: tagPartition(ref.repository), sk: ref.branch });
export const contactKey = (party: string): ItemKey => ({ pk: `contact:${party}`, sk: 'contact' });
export const tokenKey = (sha256: string): ItemKey => ({ pk: `token:${sha256}`, sk: 'token' });
export const listedTokenKey = (sha256: string): ItemKey => ({ pk: TOKENS_PARTITION, sk: sha256 });
export const secretKey = (name: string): ItemKey => ({ pk: `secret:${name}`, sk: 'secret' });
export const listedSecretKey = (name: string): ItemKey => ({ pk: SECRETS_PARTITION, sk: name });

export function policyVersionKey(repository: string, version: number): ItemKey {
  return { pk: policyPartition(repository), sk: `v:${padded(version, 12)}` };
}

export function keyringChunkKey(repository: string, version: number, chunk: number): ItemKey {
  return { pk: policyPartition(repository), sk: `v:${padded(version, 12)}:keys:${chunk}` };
}

/** Of all repositories that an app fetches from one URL, `sk` is a prefix: a name follows. */
export function appUrlKey(app: string, urlSha256: string, repository = ''): ItemKey {
  return { pk: appPartition(app), sk: `url:${urlSha256}:${repository}` };
}

export function repositoryOfAppUrlKey({ sk }: ItemKey): string {
  return sk.slice(sk.lastIndexOf(':') + 1);
}

export function revisionKey(ref: BranchRef, sequence: number): ItemKey {
  return { pk: historyPartition(ref), sk: `seq:${padded(sequence, 12)}` };
}

/** `version` and `n` of the branch write that owes the event. */
export function eventKey(ref: BranchRef, version: number, n: number): ItemKey {
  return { pk: historyPartition(ref), sk: `event:${padded(version, 12)}:${padded(n, 3)}` };
}

/** `<version>:<n>` of an event's key. */
export function idOfEventKey({ sk }: ItemKey): string {
  const [, version, n] = sk.split(':');
  return `${Number(version)}:${Number(n)}`;
}

/** Where a statement stands among all of its branch (trust rule 6.2): by sequence, then by time. */
export function statementPlace({ sequence, issuedAt }: { sequence: number; issuedAt: Timestamp }): string {
  return `${padded(sequence, 12)}:${issuedAt}`;
}

export function seenKey(ref: BranchRef, at: Timestamp, tip: Oid, chunk: number): ItemKey {
  return { pk: seenPartition(ref), sk: `${at}:${tip}:${padded(chunk, 3)}` };
}

export function ancestorKey(ref: BranchRef, sequence: number, chunk: number): ItemKey {
  return { pk: ancestorPartition(ref), sk: `${padded(sequence, 12)}:${padded(chunk, 4)}` };
}

export function verdictKey(ref: BranchRef, commit: Oid): ItemKey {
  return { pk: verdictPartition(ref.repository), sk: `${commit}:${ref.branch}` };
}

export function branchOfVerdictKey({ sk }: ItemKey): string {
  return sk.slice(sk.indexOf(':') + 1);
}
