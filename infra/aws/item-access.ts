import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';

/**
 * What an item is, by the start of its partition key (architecture, part 3). Where there is one partition a kind, its
 * whole key.
 */
const LEADING_KEYS = {
  policy: 'policy:*',
  app: 'app:*',
  branch: 'branch:*',
  statement: 'statement:*',
  tag: 'tag:*',
  history: 'history:*',
  seen: 'seen:*',
  ancestors: 'ancestors:*',
  verdict: 'verdict:*',
  contact: 'contact:*',
  token: 'token:*',
  secret: 'secret:*',
  repositories: 'repositories',
  tokens: 'tokens',
  secrets: 'secrets',
} as const;
export type ItemKind = keyof typeof LEADING_KEYS;

/**
 * What may be done to items. UpdateItem is missing because every write is a whole item. BatchWriteItem also deletes,
 * and IAM cannot tell, so it is given for verdicts alone.
 */
export type ItemAction = 'GetItem' | 'BatchGetItem' | 'Query' | 'PutItem' | 'BatchWriteItem' | 'DeleteItem';

/** Allows `actions` on the items of `kinds` alone. */
export function allowItems(table: Table, actions: readonly ItemAction[], kinds: readonly ItemKind[]): PolicyStatement {
  return new PolicyStatement({
    actions: actions.map((action) => `dynamodb:${action}`),
    resources: [table.tableArn],
    conditions: {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': kinds.map((kind) => LEADING_KEYS[kind]) },
      // ForAllValues is also true where there is no key at all.
      Null: { 'dynamodb:LeadingKeys': 'false' },
    },
  });
}
