import { z } from 'zod';
import { HeadlockError } from '../../../shared/model/headlock-error.ts';

/** A resource's `Properties` in a CloudFormation template, all references resolved. */
export type ResourceProperties = Readonly<Record<string, unknown>>;

/** @throws HeadlockError `unsupported_resource` where the properties ask for what does not run on this machine. */
export function parseProperties<Value>(type: string, schema: z.ZodType<Value>, properties: ResourceProperties): Value {
  const { success, data, error } = schema.safeParse(properties);
  if (success) return data;
  const message = `A ${type} like this does not run here; change these properties: ${z.prettifyError(error)}`;
  throw new HeadlockError('unsupported_resource', message, { kind: 'configuration' });
}
