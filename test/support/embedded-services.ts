import { afterAll, beforeAll } from 'vitest';
import type { Services } from '../../infra/local/services/start-services.ts';
import { startTemporaryServices } from './temporary-services.ts';

export const TABLE = 'headlock-test';

/**
 * The embedded AWS services for the tests of one file. Clients that are made afterwards find them by the
 * environment of this worker, as handlers do.
 */
export function useEmbeddedServices(): () => Services {
  let services: Services | null = null;
  beforeAll(async () => {
    services = await startTemporaryServices();
    process.env.AWS_ENDPOINT_URL = services.endpoint;
    process.env.AWS_REGION = services.region;
    process.env.AWS_ACCESS_KEY_ID = services.credentials.accessKeyId;
    process.env.AWS_SECRET_ACCESS_KEY = services.credentials.secretAccessKey;
    await services.createTable({
      TableName: TABLE,
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    });
  });
  afterAll(async () => {
    await services?.close();
  });
  return () => {
    if (services === null) throw new Error('The embedded services start in beforeAll.');
    return services;
  };
}
