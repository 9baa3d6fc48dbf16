import type { AuditEvent } from '../model/audit-event.ts';
import type { BranchRef } from '../model/branch-ref.ts';
import type { RevisionRecord } from '../model/branch-state.ts';

/** What happened to a branch: append-only; writing the same record again is harmless. */
export interface HistoryStore {
  /** `id` is `<version>:<n>` of the branch write that owes the event. */
  putEvent(ref: BranchRef, id: string, event: AuditEvent): Promise<void>;
  putRevision(ref: BranchRef, record: RevisionRecord): Promise<void>;
  listEvents(ref: BranchRef): Promise<readonly AuditEvent[]>;
  listRevisions(ref: BranchRef): Promise<readonly RevisionRecord[]>;
}
