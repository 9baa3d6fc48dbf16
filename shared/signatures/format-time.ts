/** No `Date` goes further than the year 9999 in four digits. */
export const LATEST_SECONDS = 253_402_300_799;

/** Seconds since 1970 as people read them: `2026-11-21 10:15:00 UTC`. Claims may lie beyond every calendar. */
export function formatTime(seconds: number): string {
  if (!(seconds >= 0 && seconds <= LATEST_SECONDS)) return 'a time beyond the calendar';
  return `${new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
