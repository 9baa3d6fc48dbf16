import { randomUUID } from 'node:crypto';
import { startTemporaryServices } from '../support/temporary-services.ts';
import { type Cloud, TABLE_KEYS } from './cloud.ts';

export async function startEmbedded(): Promise<Cloud> {
  const services = await startTemporaryServices();
  const { endpoint, region, credentials } = services;
  return {
    settings: { endpoint, region, credentials },
    async createTable() {
      return (await services.createTable({ TableName: randomUUID(), ...TABLE_KEYS })).name;
    },
    createQueue: async (properties) =>
      services.createQueue({ QueueName: `${randomUUID()}.fifo`, FifoQueue: true, ...properties }),
    createTopic: async () => services.createTopic({ TopicName: randomUUID() }).arn,
    createKey: async () => services.createKey(randomUUID(), {}).arn,
    close: services.close,
  };
}
