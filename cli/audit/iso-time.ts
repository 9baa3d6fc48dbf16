import type { UnixSeconds } from '../../shared/model/signatory.ts';
import { LATEST_SECONDS } from '../../shared/signatures/format-time.ts';

/** ISO 8601 in UTC to the second; null for a claim beyond the calendar. */
export function isoTime(seconds: UnixSeconds): string | null {
  return seconds >= 0 && seconds <= LATEST_SECONDS
    ? new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
    : null;
}
