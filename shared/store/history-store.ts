import type { AuditEvent } from '../model/audit-event.ts';
import type { BranchRef } from '../model/branch-ref.ts';
import type { RevisionRecord } from '../model/branch-state.ts';

export interface RecordedEvent extends AuditEvent {
  /** `<version>:<n>` of the branch write that owed it. */
  readonly id: string;
}

/** Whether text is the id of an event, of this branch or another. */
export function isEventId(text: string): boolean {
  return /^\d{1,12}:\d{1,3}$/.test(text);
}

export interface EventPage {
  /** The id of an event, after which this page starts; without it, with the first or the last. */
  readonly after?: string | undefined;
  readonly newestFirst?: boolean;
  readonly limit: number;
}

/** What happened to a branch: append-only; writing the same record again is harmless. */
export interface HistoryStore {
  /** `id` is `<version>:<n>` of the branch write that owes the event. */
  putEvent(ref: BranchRef, id: string, event: AuditEvent): Promise<void>;
  putRevision(ref: BranchRef, record: RevisionRecord): Promise<void>;
  listEvents(ref: BranchRef): Promise<readonly AuditEvent[]>;
  pageEvents(ref: BranchRef, page: EventPage): Promise<readonly RecordedEvent[]>;
  listRevisions(ref: BranchRef): Promise<readonly RevisionRecord[]>;
}
