import { z } from 'zod';
import type { ServiceCall } from '../../infra/local/services/dispatch.ts';

const SERVICES: Readonly<Record<string, string>> = {
  DynamoDB_20120810: 'DynamoDB',
  AmazonSQS: 'SQS',
  TrentService: 'KMS',
  SNS: 'SNS',
};

const key = z.object({ pk: z.object({ S: z.string() }), sk: z.object({ S: z.string() }).optional() });

const keyed = z.union([
  z.object({ Key: key }).transform(({ Key }) => Key),
  z.object({ Item: key }).transform(({ Item }) => Item),
  z
    .object({ ExpressionAttributeValues: z.object({ ':pk': z.object({ S: z.string() }) }) })
    .transform(({ ExpressionAttributeValues: values }) => ({ pk: values[':pk'] })),
  z
    .object({ RequestItems: z.record(z.string(), z.object({ Keys: z.array(key).min(1) })) })
    .transform(({ RequestItems: items }) => Object.values(items)[0]?.Keys[0]),
  z
    .object({
      RequestItems: z.record(z.string(), z.array(z.object({ PutRequest: z.object({ Item: key }) })).min(1)),
    })
    .transform(({ RequestItems: items }) => Object.values(items)[0]?.[0]?.PutRequest.Item),
]);

/** The key of the first item that a call of DynamoDB is about; of a query, of its partition. */
export function keyOfCall({ input }: ServiceCall): { readonly pk: string; readonly sk: string } | null {
  const { data } = keyed.safeParse(input);
  if (data === undefined) return null;
  return { pk: data.pk.S, sk: 'sk' in data ? (data.sk?.S ?? '') : '' };
}

/** `<who>: <service>.<operation> <kind of item, or queue>`: calls of one place in the code, and those that look like it. */
export function labelCall(call: ServiceCall): string {
  const at = keyOfCall(call);
  const queue = z.object({ QueueUrl: z.string() }).safeParse(call.input).data?.QueueUrl.split('/').at(-1);
  const what = at === null ? (queue ?? '') : kindOf(at);
  return `${call.principal}: ${SERVICES[call.service] ?? call.service}.${call.operation} ${what}`.trim();
}

/** The kind of an item: what its partition key begins with, and of partitions with several kinds also its sort key. */
function kindOf({ pk, sk }: { readonly pk: string; readonly sk: string }): string {
  const [kind = ''] = pk.split(':');
  if (kind !== 'history' && kind !== 'policy') return kind;
  const [part = ''] = sk.split(':');
  return part === '' ? kind : `${kind} ${part}`;
}
