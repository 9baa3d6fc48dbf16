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
    const { success, data, error } = schema.safeParse(input);
    if (success) return perform(data, signal);
    throw new AwsError(invalid, error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
  };
}
