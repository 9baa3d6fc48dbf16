import { isDeepStrictEqual, promisify } from 'node:util';
import { z } from 'zod';
import { HeadlockError } from '../../../../shared/model/headlock-error.ts';
import { createArn } from '../arn.ts';
import { parseProperties, type ResourceProperties } from '../resource-properties.ts';
import type { DynaliteStore } from './dynalite.ts';

/** What only a cloud can keep (encryption at rest, point-in-time recovery, tags) is left aside. */
const PROPERTIES = z.object({
  TableName: z.string(),
  AttributeDefinitions: z.array(z.object({ AttributeName: z.string(), AttributeType: z.string() })),
  KeySchema: z.array(z.object({ AttributeName: z.string(), KeyType: z.string() })),
  GlobalSecondaryIndexes: z.undefined().optional(),
  LocalSecondaryIndexes: z.undefined().optional(),
});

const FORMER = z.object({ KeySchema: PROPERTIES.shape.KeySchema }).optional();

export interface Table {
  readonly name: string;
  readonly arn: string;
}

/** Makes an `AWS::DynamoDB::Table` where it is not there yet: as dynalite keeps it, ready at once. */
export async function ensureTable({ tableDb }: DynaliteStore, properties: ResourceProperties): Promise<Table> {
  const { TableName: name, ...keys } = parseProperties('table', PROPERTIES, properties);
  const former = FORMER.parse(await promisify(tableDb.get)(name).catch(ignoreMissing));
  if (former !== undefined && !isDeepStrictEqual(former.KeySchema, keys.KeySchema)) {
    const message = `The table ${name} of this data folder has other keys than the template. Start with a fresh data folder.`;
    throw new HeadlockError('unsupported_resource', message, { kind: 'configuration' });
  }
  await promisify(tableDb.put)(name, { ...keys, TableName: name, TableStatus: 'ACTIVE' });
  return { name, arn: createArn('dynamodb', `table/${name}`) };
}

function ignoreMissing(error: Error): undefined {
  if (error.name !== 'NotFoundError') throw error;
}
