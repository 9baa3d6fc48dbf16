import { z } from 'zod';
import { createArn } from '../services/arn.ts';
import { OVER_TLS, type RequestedAccess, type TableKeys } from './access.ts';

type Attributes = Readonly<Record<string, { readonly S?: unknown } | undefined>>;

/** Looked at by its partition key alone. */
const ATTRIBUTES = z.custom<Attributes>((item) => typeof item === 'object' && item !== null);
const ONE_TABLE = z.object({
  TableName: z.string(),
  Key: ATTRIBUTES.optional(),
  Item: ATTRIBUTES.optional(),
  KeyConditionExpression: z.string().optional(),
  ExpressionAttributeNames: z.record(z.string(), z.string()).default({}),
  ExpressionAttributeValues: ATTRIBUTES.optional(),
});
const READ_BATCH = z.object({ RequestItems: z.record(z.string(), z.object({ Keys: z.array(ATTRIBUTES) })) });
const WRITE_BATCH = z.object({
  RequestItems: z.record(
    z.string(),
    z.array(
      z.object({
        PutRequest: z.object({ Item: ATTRIBUTES }).optional(),
        DeleteRequest: z.object({ Key: ATTRIBUTES }).optional(),
      }),
    ),
  ),
});
const TRANSACTION = z.object({ TransactItems: z.array(z.record(z.string(), ONE_TABLE)) });

/** A transaction has no permission of its own: each of its parts has one (DynamoDB Developer Guide, "Using IAM with transactions"). */
const TRANSACTION_PARTS: Readonly<Record<string, string>> = {
  Get: 'GetItem',
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheckItem',
};

/** What a call of DynamoDB asks for, with the partitions that it names (`dynamodb:LeadingKeys`). */
export function readRequestedItems(
  operation: string,
  input: unknown,
  partitionKeyOf: TableKeys,
): readonly RequestedAccess[] {
  if (operation === 'BatchGetItem' || operation === 'BatchWriteItem') {
    return readBatch(input).map(([table, items]) =>
      accessToItems(operation, table, valuesOf(items, partitionKeyOf(table))),
    );
  }
  if (operation.startsWith('Transact')) {
    const parts = TRANSACTION.safeParse(input).data?.TransactItems.flatMap((part) => Object.entries(part)) ?? [];
    return parts.map(([kind, part]) =>
      accessToItems(TRANSACTION_PARTS[kind] ?? kind, part.TableName, keyOf(part, partitionKeyOf(part.TableName))),
    );
  }
  const { data } = ONE_TABLE.safeParse(input);
  if (data === undefined) return [];
  return [accessToItems(operation, data.TableName, keyOf(data, partitionKeyOf(data.TableName)))];
}

function readBatch(input: unknown): readonly (readonly [table: string, items: readonly Attributes[]])[] {
  const reads = READ_BATCH.safeParse(input).data?.RequestItems ?? {};
  const writes = WRITE_BATCH.safeParse(input).data?.RequestItems ?? {};
  return [
    ...Object.entries(reads).map(([table, { Keys }]) => [table, Keys] as const),
    ...Object.entries(writes).map(([table, requests]) => {
      const items = requests.map(({ PutRequest, DeleteRequest }) => PutRequest?.Item ?? DeleteRequest?.Key ?? {});
      return [table, items] as const;
    }),
  ];
}

/** @param keys - null: the call names no partition, so the condition key is absent. */
function accessToItems(operation: string, table: string, keys: readonly string[] | null): RequestedAccess {
  const context = keys === null ? OVER_TLS : { ...OVER_TLS, 'dynamodb:LeadingKeys': keys };
  return { action: `dynamodb:${operation}`, resource: createArn('dynamodb', `table/${table}`), context };
}

function keyOf(input: z.infer<typeof ONE_TABLE>, name: string): readonly string[] | null {
  const { Key: key, Item: item = key, KeyConditionExpression: expression } = input;
  if (item !== undefined) return valuesOf([item], name);
  const [, path = '', value = ''] = EQUALITY.exec(expression ?? '') ?? [];
  if ((input.ExpressionAttributeNames[path] ?? path) !== name) return null;
  return valuesOf([{ [name]: input.ExpressionAttributeValues?.[value] }], name);
}

/** The partition comes first in every query of ours: `pk = :pk AND …`. */
const EQUALITY = /^\s*([#\w]+)\s*=\s*(:\w+)(?=\s|$)/;

/** Null where an item has no such text. */
function valuesOf(items: readonly Attributes[], name: string): readonly string[] | null {
  const values = items.map((item) => item[name]?.S);
  return values.length > 0 && values.every((value) => typeof value === 'string') ? [...new Set(values)] : null;
}
