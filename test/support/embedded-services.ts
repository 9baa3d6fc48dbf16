import { afterAll, beforeAll } from 'vitest';
import type { Services } from '../../infra/local/services/start-services.ts';
import { startTemporaryServices } from './temporary-services.ts';

export const TABLE = 'headlock-test';

let current: Services | null = null;

/** Of the file of tests that runs. */
export function currentServices(): Services {
  if (current === null) throw new Error('The embedded services start in beforeAll.');
  return current;
}

/**
 * The embedded AWS services for the tests of one file. Clients that are made afterwards find them by the
 * environment of this worker, as handlers do.
 */
export function useEmbeddedServices(): () => Services {
  beforeAll(async () => {
    const services = await startTemporaryServices();
    current = services;
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
    await current?.close();
  });
  return currentServices;
}
