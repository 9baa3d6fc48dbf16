import { formatClaim } from '../model/claim.ts';
import type { Oid } from '../model/oid.ts';
import type { RepositoryPolicy } from '../model/policy.ts';
import { type CommitReason, createRefusal, signatureOf, type Verdict } from '../model/verdict.ts';
import { listKeys } from './flag-compromise.ts';

/** What an operator says of single commits, ready to be looked up (trust rule 2.7). Values are the operator's reasons. */
export interface PolicyExceptions {
  readonly accepted: ReadonlyMap<Oid, string>;
  readonly deniedCommits: ReadonlyMap<Oid, string>;
  /** By hexadecimal SHA-256 of the signed payload: a commit's id can be changed under the same signature. */
  readonly deniedPayloads: ReadonlyMap<string, string>;
}

/**
 * Reasons that an operator can vouch against: those of a signature or a key. What is wrong with the object, with the history
 * or with its size stays wrong, and what is denied stays denied.
 */
export const ACCEPTABLE: Readonly<Record<CommitReason, boolean>> = {
  unsigned: true,
  unknown_signature_type: true,
  malformed_signature: true,
  invalid: true,
  unknown_key: true,
  expired_key: true,
  not_signing_key: true,
  bad_email: true,
  revoked_key: true,
  not_yet_valid_key: true,
  future_signature: true,
  weak_algorithm: true,
  unproven_time: true,
  not_authorized: true,
  denied: false,
  malformed_commit: false,
  sha1_collision: false,
  missing_object: false,
  limit_exceeded: false,
};

/** @param payloads - SHA-256 of the signed payload of each denied commit that is known */
export function createExceptions(
  { accepted, denied }: Pick<RepositoryPolicy, 'accepted' | 'denied'>,
  payloads: ReadonlyMap<Oid, string>,
): PolicyExceptions {
  const deniedCommits = new Map<Oid, string>();
  const deniedPayloads = new Map<string, string>();
  for (const entry of denied) {
    if ('commit' in entry) deniedCommits.set(entry.commit, entry.reason);
    const payload = 'commit' in entry ? payloads.get(entry.commit) : entry.payloadSha256;
    if (payload !== undefined) deniedPayloads.set(payload, entry.reason);
  }
  return { accepted: new Map(accepted.map(({ commit, reason }) => [commit, reason])), deniedCommits, deniedPayloads };
}

/** The verdict as the operator's word leaves it: what is denied is refused, also where it is accepted as well. */
export function applyExceptions(verdict: Verdict, exceptions: PolicyExceptions): Verdict {
  // What is wrong with an object decides what may be shown of it at all (trust rule 4.6): no exception hides that.
  if (verdict.outcome === 'refused' && !ACCEPTABLE[verdict.reason]) return verdict;
  const { commit, payloadSha256, committer, firstSeen } = verdict;
  const found = { commit, payloadSha256, committer, firstSeen };
  const denied = exceptions.deniedCommits.get(commit) ?? exceptions.deniedPayloads.get(payloadSha256);
  if (denied !== undefined) {
    const nextStep = 'Drop it from the branch, and push that. Signing the same contents again makes another commit.';
    const refusal = createRefusal('denied', `is denied by the policy: ${formatReason(denied)}`, nextStep);
    const signed = signatureOf(verdict);
    return { ...refusal, ...(signed && { signed }), ...found };
  }
  const accepted = exceptions.accepted.get(commit);
  if (verdict.outcome === 'verified' || accepted === undefined) return verdict;
  const justification = formatReason(accepted);
  return { outcome: 'verified', format: 'policy', justification, against: verdict.reason, ...found };
}

const MAX_DETAILED = 20;

/** What a policy accepts, denies and calls compromised, for the audit trail (trust rules 2.7, 3.3, 5.4). */
export function describeExceptions({
  accepted,
  denied,
  compromisedKeys,
}: Pick<RepositoryPolicy, 'accepted' | 'denied' | 'compromisedKeys'>): Readonly<Record<string, string>> {
  const named = denied.map((entry) => ({
    id: 'commit' in entry ? entry.commit : `payload ${entry.payloadSha256}`,
    reason: entry.reason,
  }));
  return {
    ...listDetails(
      'accepted',
      accepted.map(({ commit, reason }) => ({ id: commit, reason })),
    ),
    ...listDetails('denied', named),
    ...(compromisedKeys.length === 0 ? {} : { compromisedKeys: listKeys(compromisedKeys) }),
  };
}

/** One detail of an audit record, bounded; none where there is nothing to list. */
export function listDetails(
  key: string,
  entries: readonly { readonly id: string; readonly reason: string }[],
): Readonly<Record<string, string>> {
  if (entries.length === 0) return {};
  const shown = entries.slice(0, MAX_DETAILED).map(({ id, reason }) => `${id}: ${formatReason(reason)}`);
  const hidden = entries.length - shown.length;
  return { [key]: [...shown, ...(hidden === 0 ? [] : [`and ${hidden} more`])].join('; ') };
}

/** Back ticks are ours alone: they show commands. */
function formatReason(reason: string): string {
  return formatClaim(reason).replaceAll('`', "'");
}
