/** What went wrong, for whoever has to act: the caller (`input`), the operator (`configuration`), or a service that we lean on (`upstream`). */
export type ErrorKind = 'input' | 'configuration' | 'upstream';

export interface HeadlockErrorOptions {
  readonly kind: ErrorKind;
  /** Whether the same call may succeed later without anybody changing anything. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/**
 * The one error class of Headlock. `code` is a closed union in each area; the message says what to do next and never
 * holds a secret, a request body or a header value (trust rule 7.3).
 */
export class HeadlockError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly kind: ErrorKind;
  readonly retryable: boolean;

  constructor(code: Code, message: string, options: HeadlockErrorOptions) {
    super(message, { cause: options.cause });
    this.name = 'HeadlockError';
    this.code = code;
    this.kind = options.kind;
    this.retryable = options.retryable ?? false;
  }
}
