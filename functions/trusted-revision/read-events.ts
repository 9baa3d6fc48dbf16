import type { BranchRef } from '../../shared/model/branch-ref.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import { type HistoryStore, isEventId } from '../../shared/store/history-store.ts';
import type { EventPage } from './response-schemas.ts';

const EVENTS_PER_PAGE = 100;

export type ReadEventsErrorCode = 'malformed_cursor';

/**
 * @param after - the id of an event; null for the first page
 * @throws HeadlockError `malformed_cursor`
 */
export async function readEvents(
  history: Pick<HistoryStore, 'pageEvents'>,
  { repository, branch }: BranchRef,
  after: string | null,
): Promise<EventPage> {
  if (after !== null && !isEventId(after)) throw createMalformedCursorError();
  // One more tells whether there are more.
  const page = { after: after ?? undefined, limit: EVENTS_PER_PAGE + 1 };
  const found = await history.pageEvents({ repository, branch }, page);
  const events = found
    .slice(0, EVENTS_PER_PAGE)
    .map(({ details, ...event }) => ({ ...event, details: { ...details } }));
  return { repository, branch, events, next: found.length > EVENTS_PER_PAGE ? (events.at(-1)?.id ?? null) : null };
}

function createMalformedCursorError(): HeadlockError<ReadEventsErrorCode> {
  const message = '`after` is the id of an event, as `id` and `next` of an answer name it. Leave it out to start.';
  return new HeadlockError('malformed_cursor', message, { kind: 'input' });
}
