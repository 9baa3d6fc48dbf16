import { z } from 'zod';
import { HeadlockError } from '../../../shared/model/headlock-error.ts';

/** A resource's `Properties` in a CloudFormation template, all references resolved. */
export type ResourceProperties = Readonly<Record<string, unknown>>;

/** CloudFormation writes numbers and booleans as text too. */
export const INTEGER = z.coerce.number().int();

/** @throws HeadlockError `unsupported_resource` where the properties ask for what the embedded services cannot do. */
export function parseProperties<Value>(type: string, schema: z.ZodType<Value>, properties: ResourceProperties): Value {
  const parsed = schema.safeParse(properties);
  if (!parsed.success) {
    throw new HeadlockError(
      'unsupported_resource',
      `The embedded services cannot make this ${type}; change these properties: ${z.prettifyError(parsed.error)}`,
      { kind: 'configuration' },
    );
  }
  return parsed.data;
}
