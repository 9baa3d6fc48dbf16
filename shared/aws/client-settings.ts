/**
 * How every AWS client of ours waits and tries again. Endpoint, region and credentials come from the environment, by the
 * SDK itself. Standard retries back off with full jitter; a request that outlives its bound fails instead of warning.
 * The bounds leave room for a laptop whose one process serves and asks: its timers fire before its sockets are read.
 */
export const AWS_CLIENT_SETTINGS = {
  retryMode: 'standard',
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 3_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
} as const;

/** The SDK's own: what it waits before the second attempt of a call that is throttled, at most. It doubles with each. */
const THROTTLED_DELAY_MS = 1_000;

/** What one call takes at most, in milliseconds, where every attempt of it fails. The time to connect is part of a request's. */
export const LONGEST_AWS_CALL_MS =
  AWS_CLIENT_SETTINGS.maxAttempts * AWS_CLIENT_SETTINGS.requestHandler.requestTimeout +
  THROTTLED_DELAY_MS * (2 ** (AWS_CLIENT_SETTINGS.maxAttempts - 1) - 1);
