import type { z } from 'zod';
import { AwsError } from './aws-error.ts';

/** One operation of a service. The signal is aborted when the client goes away before the answer. */
export type Operation = (input: unknown, signal: AbortSignal) => unknown;

export type Operations = Readonly<Record<string, Operation>>;

/** An operation that sees only input of the given shape; other input is refused with the error `invalid`. */
export function operation<Input>(
  schema: z.ZodType<Input>,
  invalid: string,
  perform: (input: Input, signal: AbortSignal) => unknown,
): Operation {
  return (input, signal) => {
    const parsed = schema.safeParse(input);
    if (!parsed.success) {
      throw new AwsError(
        invalid,
        parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '),
      );
    }
    return perform(parsed.data, signal);
  };
}
