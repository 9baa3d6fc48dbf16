import type { LockReason } from '../../shared/model/branch-state.ts';
import type { CommitReason } from '../../shared/model/verdict.ts';
import { ruleOfReason } from '../../shared/trust/list-checks.ts';

/** Those of a branch or a tag itself. */
const RULES: Readonly<Record<Exclude<LockReason, CommitReason>, string>> = {
  history_rewritten: '4.4',
  branch_deleted: '4.4',
  unrelated_history: '4.5',
  malformed_tag: '4.9',
  tag_moved: '4.9',
};

/** The trust rule for which a branch locks. */
export function ruleOfLock(reason: LockReason): string {
  switch (reason) {
    case 'history_rewritten':
    case 'branch_deleted':
    case 'unrelated_history':
    case 'malformed_tag':
    case 'tag_moved':
      return RULES[reason];
    default:
      return ruleOfReason(reason);
  }
}
