import type * as z from 'zod/mini';
import type { Item } from './dynamo-item.ts';
import { createCorruptItemError } from './store-error.ts';

const MAX_PROBLEMS = 5;

/**
 * Judges the attributes of an item, all but its keys. The schemas are strict: a missing, unreadable or unknown attribute
 * means that the item cannot be trusted, for what this version does not know may be what forbids.
 *
 * @throws HeadlockError `corrupt_item`
 */
export function parseItem<Value>(schema: z.ZodMiniType<Value>, item: Item): Value {
  const { pk, sk, ...attributes } = item;
  const result = schema.safeParse(attributes);
  if (result.success) return result.data;
  // Paths and expectations only: the values may be secret (trust rule 7.3).
  throw createCorruptItemError({ pk, sk }, result.error.issues.slice(0, MAX_PROBLEMS).map(describeIssue).join(', '));
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, MAX_PROBLEMS) : [];
  return `${[...issue.path, ...unknown].join('.')} (${issue.code})`;
}
