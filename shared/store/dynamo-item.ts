import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { ItemKey } from './item-keys.ts';

/** One item as plain values. */
export type Item = ItemKey & Readonly<Record<string, unknown>>;

/** @throws Error where a value is undefined or no finite number: such a value has no form in DynamoDB. */
export function toAttributes(values: object): Record<string, AttributeValue> {
  return marshall({ ...values });
}

/** DynamoDB guarantees both keys of every item; the rest is for a schema to judge. */
export function toItem(attributes: Record<string, AttributeValue>): Item {
  return unmarshall(attributes) as Item;
}

export function toKeyAttributes({ pk, sk }: ItemKey): Record<string, AttributeValue> {
  return { pk: { S: pk }, sk: { S: sk } };
}
