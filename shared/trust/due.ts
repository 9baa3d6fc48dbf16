import type { Alert } from '../model/alert.ts';
import type { AuditEvent } from '../model/audit-event.ts';
import type { BranchState, Due, RevisionRecord } from '../model/branch-state.ts';
import type { Oid } from '../model/oid.ts';

export type Announcement =
  | { readonly kind: 'event'; readonly event: AuditEvent }
  | { readonly kind: 'revision'; readonly record: RevisionRecord }
  | { readonly kind: 'alert'; readonly alert: Alert }
  | { readonly kind: 'status'; readonly commit: Oid };

/** What the next write of `state` owes. The ids come from the version that this write makes, so none is lost or told under two names (trust rule 5.5). */
export function owe(
  state: Pick<BranchState, 'due' | 'version'>,
  announcements: readonly Announcement[],
): readonly Due[] {
  return [
    ...state.due,
    ...announcements.map((announcement, n) => ({ ...announcement, id: `${state.version + 1}:${n}` })),
  ];
}
