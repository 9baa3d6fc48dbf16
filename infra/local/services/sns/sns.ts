import { z } from 'zod';
import { AwsError } from '../aws-error.ts';
import { type Operations, operation } from '../operation.ts';
import type { Topics } from './topics.ts';

const MAX_MESSAGE_BYTES = 262_144;

const PUBLISH = z
  .object({
    TopicArn: z.string(),
    Message: z
      .string()
      .min(1)
      .refine((text) => Buffer.byteLength(text) <= MAX_MESSAGE_BYTES, 'Message too long'),
    Subject: z
      .string()
      .regex(/^[!-~][ -~]{0,99}$/)
      .optional(),
  })
  .catchall(z.string());

/** SNS for standard topics: a message is kept and told to listeners of this process; there are no subscriptions. */
export function createSns(topics: Topics): Operations {
  return {
    Publish: operation(PUBLISH, 'InvalidParameter', (input) => {
      const { TopicArn: topicArn, Message: message, Subject: subject = null } = input;
      return { MessageId: topics.publish({ topicArn, subject, message, attributes: readAttributes(input) }) };
    }),
  };
}

/** `MessageAttributes.entry.<n>.Name` and `….Value.StringValue`. */
function readAttributes(form: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const entries = Object.entries(form).flatMap(([field, name = '']) => {
    const entry = /^MessageAttributes\.entry\.\d+(?=\.Name$)/.exec(field)?.[0];
    if (entry === undefined) return [];
    const value = form[`${entry}.Value.StringValue`];
    if (value && form[`${entry}.Value.DataType`] === 'String') return [[name, value] as const];
    throw new AwsError('InvalidParameterValue', `The message attribute '${name}' must be a String with a value.`);
  });
  return Object.fromEntries(entries);
}
