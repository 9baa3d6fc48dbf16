/**
 * How every AWS client of ours waits and tries again. Endpoint, region and credentials come from the environment, by the
 * SDK itself. Standard retries back off with full jitter; a request that outlives its bound fails instead of warning.
 * The bounds leave room for a laptop whose one process serves and asks: its timers fire before its sockets are read.
 */
export const AWS_CLIENT_SETTINGS = {
  retryMode: 'standard',
  maxAttempts: 4,
  requestHandler: { connectionTimeout: 3_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
} as const;
