import type { LockReason } from '../../shared/model/branch-state.ts';

/** The trust rule that a reason enforces. */
export const RULE_OF_REASON: Readonly<Record<LockReason, string>> = {
  unsigned: '4.1',
  unknown_signature_type: '2.1',
  malformed_signature: '2.1',
  invalid: '1.4',
  unknown_key: '3.4',
  expired_key: '3.1',
  not_signing_key: '2.2',
  bad_email: '3.6',
  revoked_key: '3.3',
  not_yet_valid_key: '3.1',
  future_signature: '3.2',
  weak_algorithm: '2.5',
  unproven_time: '2.4',
  not_authorized: '3.5',
  denied: '2.7',
  malformed_commit: '1.2',
  sha1_collision: '1.1',
  missing_object: '1.5',
  limit_exceeded: '4.7',
  history_rewritten: '4.4',
  branch_deleted: '4.4',
  unrelated_history: '4.5',
  malformed_tag: '4.9',
  tag_moved: '4.9',
};
