import {
  type AttributeValue,
  DescribeTableCommand,
  type DynamoDBClient,
  ScanCommand,
  type TableDescription,
} from '@aws-sdk/client-dynamodb';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import { type Item, toItem } from '../../shared/store/dynamo-item.ts';

/** A table and how to reach it. */
export interface TableAccess {
  readonly client: DynamoDBClient;
  readonly tableName: string;
}

/** What is known of a table that is to be restored from. */
export interface BackupTable {
  /** The time that the table shows, where DynamoDB restored it; null else. */
  readonly restoredTo: Date | null;
  /** The later of this machine's time and that of the service: a clock that is behind must not make a backup look younger. */
  readonly now: Date;
}

/** @throws HeadlockError `backup_not_ready` */
export async function describeBackup({ client, tableName }: TableAccess): Promise<BackupTable> {
  let date: string | undefined;
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { headers } = result.response as { readonly headers?: Readonly<Record<string, string>> };
      date = headers?.date;
      return result;
    },
    { step: 'deserialize', name: 'readServiceTime', override: true },
  );
  const { Table: table } = await client.send(new DescribeTableCommand({ TableName: tableName }));
  const problem = findProblem(table);
  if (problem !== null) {
    const message = `The table ${tableName} cannot be restored from yet: ${problem}. Wait until it is active, and try again.`;
    throw new HeadlockError('backup_not_ready', message, { kind: 'configuration', retryable: true });
  }
  const service = Date.parse(date ?? '');
  const now = Math.max(Date.now(), Number.isNaN(service) ? 0 : service);
  return { restoredTo: table?.RestoreSummary?.RestoreDateTime ?? null, now: new Date(now) };
}

function findProblem(table: TableDescription | undefined): string | null {
  if (table?.RestoreSummary?.RestoreInProgress === true) return 'its own restore is under way';
  return table?.TableStatus === 'ACTIVE' ? null : `its state is ${table?.TableStatus}`;
}

/** Every item of a table, page by page, read consistently. */
export async function* scanPages(
  { client, tableName }: TableAccess,
  limit?: number,
): AsyncGenerator<readonly Item[], void, undefined> {
  let next: Record<string, AttributeValue> | undefined;
  do {
    const command = new ScanCommand({
      TableName: tableName,
      ConsistentRead: true,
      ExclusiveStartKey: next,
      Limit: limit,
    });
    const page = await client.send(command);
    yield (page.Items ?? []).map(toItem);
    next = page.LastEvaluatedKey;
  } while (next !== undefined);
}
