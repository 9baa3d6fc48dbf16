import { z } from 'zod';
import { createArn } from '../services/arn.ts';
import type { ServiceCall } from '../services/dispatch.ts';
import { readKeyId } from '../services/kms/ciphertext.ts';
import { OVER_TLS, type RequestedAccess, type TableKeys } from './access.ts';
import { readRequestedItems } from './requested-items.ts';

type Reader = (operation: string, input: unknown) => readonly RequestedAccess[];

/**
 * All that a call asks for; each must be allowed. Nothing where the call names no resource that is understood here: then
 * it is refused. Actions have their operations' names, except where the Service Authorization Reference says otherwise.
 */
export function readRequestedAccess(
  { service, operation, input }: Pick<ServiceCall, 'service' | 'operation' | 'input'>,
  partitionKeyOf: TableKeys,
): readonly RequestedAccess[] {
  if (service === 'DynamoDB_20120810') return readRequestedItems(operation, input, partitionKeyOf);
  return READERS[service]?.(operation, input) ?? [];
}

const QUEUE = z.object({ QueueUrl: z.string() });
const MOVE_TASK = z.object({ SourceArn: z.string(), DestinationArn: z.string().optional() });
const TOPIC = z.object({ TopicArn: z.string() });
const KEY = z.object({
  KeyId: z.string().optional(),
  CiphertextBlob: z.base64().optional(),
  EncryptionContext: z.record(z.string(), z.string()).default({}),
  SigningAlgorithm: z.string().optional(),
});

const READERS: Readonly<Record<string, Reader>> = {
  AmazonSQS(operation, input) {
    // SQS Developer Guide, "Amazon SQS dead-letter queue redrive": what a move does, it does in the name of who starts it.
    const { data: move } = MOVE_TASK.safeParse(input);
    if (move !== undefined) {
      const ofSource =
        operation === 'StartMessageMoveTask' ? ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'] : [];
      const accesses = [operation, ...ofSource].map((name) => accessTo(`sqs:${name}`, move.SourceArn));
      return move.DestinationArn === undefined
        ? accesses
        : [...accesses, accessTo('sqs:SendMessage', move.DestinationArn)];
    }
    const { data } = QUEUE.safeParse(input);
    // A batch has the permission of its messages.
    const action = `sqs:${operation.replace(/Batch$/, '')}`;
    return data === undefined ? [] : [accessTo(action, queueArn(data.QueueUrl))];
  },
  SNS(operation, input) {
    const { data } = TOPIC.safeParse(input);
    return data === undefined ? [] : [accessTo(`sns:${operation}`, data.TopicArn)];
  },
  TrentService(operation, input) {
    const { data } = KEY.safeParse(input);
    // A ciphertext names its own key.
    const named =
      data?.CiphertextBlob === undefined ? data?.KeyId : readKeyId(Buffer.from(data.CiphertextBlob, 'base64'));
    if (data === undefined || named === undefined) return [];
    const context: Record<string, readonly string[]> = { ...OVER_TLS };
    for (const [name, value] of Object.entries(data.EncryptionContext)) {
      context[`kms:EncryptionContext:${name}`] = [value];
    }
    if (data.SigningAlgorithm !== undefined) context['kms:SigningAlgorithm'] = [data.SigningAlgorithm];
    const resource = named.startsWith('arn:') ? named : createArn('kms', `key/${named}`);
    return [{ action: `kms:${operation}`, resource, context }];
  },
};

function accessTo(action: string, resource: string): RequestedAccess {
  return { action, resource, context: OVER_TLS };
}

/** As the queues themselves find out who is meant: the last part of a URL or an ARN. */
function queueArn(locator: string): string {
  return createArn('sqs', locator.split(/[/:]/).at(-1) ?? '');
}
