import type { SourceUnreachable } from '../../shared/git/commit-source.ts';
import type { FailedContact } from '../../shared/store/forge-contact-store.ts';

/** The first time is the next sweep. */
const BASE_SECONDS = 5 * 60;
/** No forge is left alone for longer, whatever it says. */
const MAX_SECONDS = 60 * 60;

/** After one more failure: doubles with each, with jitter over its upper half, and is never sooner than the forge asked for. @param random - from 0 to 1 */
export function nextContact(
  former: FailedContact | null,
  { retryAfter = 0 }: Pick<SourceUnreachable, 'retryAfter'>,
  now: Date,
  random: number,
): FailedContact {
  const failures = (former?.failures ?? 0) + 1;
  const bound = Math.min(MAX_SECONDS, BASE_SECONDS * 2 ** Math.min(failures - 1, 10));
  const seconds = Math.min(MAX_SECONDS, Math.max((bound * (1 + random)) / 2, retryAfter));
  return { failures, nextAt: inSeconds(now, seconds) };
}

/** A host that nobody could reach keeps nobody back until so many failed, one after the other, and none got through. */
const FAILURES_OF_HOST = 3;

/** Once more nobody could reach a host: until the next sweep all leave it alone, then whoever comes first tries. @param random - from 0 to 1 */
export function nextOfHost(former: FailedContact | null, now: Date, random: number): FailedContact {
  const failures = (former?.failures ?? 0) + 1;
  if (failures < FAILURES_OF_HOST) return { failures, nextAt: now.toISOString() };
  return { failures: FAILURES_OF_HOST, nextAt: inSeconds(now, (BASE_SECONDS * (1 + random)) / 2) };
}

/** Of a repository that others keep back: at most an hour, and each another time, so that they do not all try at once. @param random - from 0 to 1 */
export function longestWait(now: Date, random: number): FailedContact {
  return { failures: 1, nextAt: inSeconds(now, MAX_SECONDS * random) };
}

/** A time that is further ahead than any that is written comes from a clock that went wrong. */
export function isHeldBack(contact: FailedContact | null, now: Date): boolean {
  if (contact === null) return false;
  return now.toISOString() < contact.nextAt && contact.nextAt <= inSeconds(now, MAX_SECONDS);
}

function inSeconds(now: Date, seconds: number): string {
  return new Date(now.getTime() + seconds * 1000).toISOString();
}
