import type { BranchLimits } from '../model/limits.ts';
import type { Oid } from '../model/oid.ts';
import type { RepositoryPolicy } from '../model/policy.ts';
import { createKeyring } from '../signatures/keyring.ts';
import { judgeCommit } from './judge-commit.ts';

/**
 * The SHA-256 of the signed payload of every denied commit that was sent, so that it is found again under another id (trust
 * rule 2.7). One that was not sent has none here.
 */
export function hashDeniedPayloads(
  { denied }: Pick<RepositoryPolicy, 'denied'>,
  commits: ReadonlyMap<Oid, Uint8Array>,
  limits: BranchLimits,
): ReadonlyMap<Oid, string> {
  // Judged by nobody's keys: the payload alone is asked for.
  const keyring = createKeyring([]);
  const terms = { keyTime: 'ignore', matchEmail: false, limits, firstSeen: 0, judgedAt: 0 } as const;
  const payloads = new Map<Oid, string>();
  for (const entry of denied) {
    const raw = 'commit' in entry ? commits.get(entry.commit) : undefined;
    if ('commit' in entry && raw !== undefined) {
      payloads.set(entry.commit, judgeCommit(entry.commit, raw, keyring, terms).payloadSha256);
    }
  }
  return payloads;
}
