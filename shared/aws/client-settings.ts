/**
 * How every AWS client of ours waits and tries again. Endpoint, region and credentials come from the environment, by the
 * SDK itself. Standard retries back off with full jitter; a request that outlives its bound fails instead of warning.
 */
export const AWS_CLIENT_SETTINGS = {
  retryMode: 'standard',
  maxAttempts: 4,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
} as const;
