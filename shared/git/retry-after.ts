/** The form that senders must use (RFC 9110, section 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * How many seconds a server asks its callers to wait: by `Retry-After` (RFC 9110, section 10.2.3) in either form, or where
 * nothing is left of GitHub's rate limit, until that is reset.
 * @param now - milliseconds since 1970
 * @returns null where it does not say. What it says is a claim: whoever waits bounds it.
 */
export function parseRetryAfter(headers: Headers, now: number): number | null {
  const { 'retry-after': told, 'x-ratelimit-remaining': remaining, 'x-ratelimit-reset': reset } = headers;
  if (typeof told === 'string' && /^\d{1,9}$/.test(told)) return Number(told);
  if (typeof told === 'string' && HTTP_DATE.test(told)) return secondsUntil(Date.parse(told), now);
  if (remaining === '0' && typeof reset === 'string' && /^\d{1,11}$/.test(reset)) {
    return secondsUntil(Number(reset) * 1000, now);
  }
  return null;
}

/** Null for a date that there is not. */
function secondsUntil(time: number, now: number): number | null {
  return Number.isNaN(time) ? null : Math.max(0, Math.ceil((time - now) / 1000));
}
