import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { deployProject } from '../../infra/local/connection.ts';
import { OWNER } from '../../infra/local/iam/principals.ts';
import { startServices } from '../../infra/local/services/start-services.ts';
import { AWS_CLIENT_SETTINGS } from '../../shared/aws/client-settings.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import type { TableAccess } from './copy-table.ts';

export interface OpenTable extends TableAccess {
  close(): Promise<void>;
}

/** The table of a data folder, which is made where it is missing. @throws HeadlockError `data_folder_in_use` */
export async function openFolderTable(folder: string): Promise<OpenTable> {
  const services = await startServices({ folder }).catch((error: unknown) => {
    if (!(error instanceof HeadlockError && error.code === 'data_folder_in_use')) throw error;
    const message = `The data folder ${folder} is in use: stop the instance that runs on it, and try again.`;
    throw new HeadlockError('data_folder_in_use', message, { kind: 'configuration', cause: error });
  });
  try {
    const { readOutput } = await deployProject(services);
    const { endpoint, region, credentialsOf } = services;
    const client = new DynamoDBClient({
      ...AWS_CLIENT_SETTINGS,
      endpoint,
      region,
      credentials: { ...credentialsOf(OWNER) },
    });
    const close = async () => {
      client.destroy();
      await services.close();
    };
    return { client, tableName: readOutput('TableName'), close };
  } catch (error) {
    await services.close();
    throw error;
  }
}

/** A table of the caller's account and region. */
export function openAwsTable(tableName: string): OpenTable {
  const client = new DynamoDBClient(AWS_CLIENT_SETTINGS);
  return { client, tableName, close: async () => client.destroy() };
}
