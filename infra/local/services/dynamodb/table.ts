import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { HeadlockError } from '../../../../shared/model/headlock-error.ts';
import { createArn } from '../arn.ts';
import { parseProperties, type ResourceProperties } from '../resource-properties.ts';
import { createAction, type DynaliteStore } from './dynalite.ts';

/** What only a cloud can keep (encryption at rest, point-in-time recovery, tags) is left aside. */
const PROPERTIES = z.object({
  TableName: z.string(),
  AttributeDefinitions: z.array(z.object({ AttributeName: z.string(), AttributeType: z.string() })),
  KeySchema: z.array(z.object({ AttributeName: z.string(), KeyType: z.string() })),
  GlobalSecondaryIndexes: z.undefined().optional(),
  LocalSecondaryIndexes: z.undefined().optional(),
});

const DESCRIPTION = z.object({ Table: z.looseObject({ KeySchema: PROPERTIES.shape.KeySchema }) });

export interface Table {
  readonly name: string;
  readonly arn: string;
}

/** Makes an `AWS::DynamoDB::Table` where it is not there yet. */
export async function ensureTable(store: DynaliteStore, properties: ResourceProperties): Promise<Table> {
  const { TableName, AttributeDefinitions, KeySchema } = parseProperties('table', PROPERTIES, properties);
  const describe = createAction(store, 'DescribeTable');
  const table = await describe({ TableName }).catch(async () => {
    const create = createAction(store, 'CreateTable');
    await create({ TableName, AttributeDefinitions, KeySchema, BillingMode: 'PAY_PER_REQUEST' });
    return describe({ TableName });
  });
  const { Table } = DESCRIPTION.parse(table);
  if (!isDeepStrictEqual(Table.KeySchema, KeySchema)) {
    throw new HeadlockError(
      'unsupported_resource',
      `The table ${TableName} of this data folder has other keys than the template. Start with a fresh data folder.`,
      { kind: 'configuration' },
    );
  }
  await activate(store, TableName, Table);
  return { name: TableName, arn: createArn('dynamodb', `table/${TableName}`) };
}

/** dynalite calls a new table active a little later, and never where the process ended in between. */
function activate(store: DynaliteStore, name: string, table: object): Promise<void> {
  return new Promise((resolve, reject) => {
    store.tableDb.put(name, { ...table, TableStatus: 'ACTIVE' }, (error) => (error ? reject(error) : resolve()));
  });
}
