import { Logger } from '@aws-lambda-powertools/logger';

const MAX_CAUSES = 3;

/** The logger of a function. Its name and level come from the environment (`POWERTOOLS_SERVICE_NAME`, `POWERTOOLS_LOG_LEVEL`). */
export function createLogger(): Logger {
  return new Logger({
    jsonReplacerFn: (_, value) => (value instanceof Error ? describeError(value, MAX_CAUSES) : value),
  });
}

/** Powertools would write every field of an error, and those of the AWS SDK can carry items: only what an error is stays. */
function describeError(error: Error, causes: number): object {
  const { name, message, stack, cause } = error;
  const code = 'code' in error ? error.code : undefined;
  const inner = cause instanceof Error && causes > 0 ? describeError(cause, causes - 1) : undefined;
  return { name, message, code, stack, cause: inner };
}
