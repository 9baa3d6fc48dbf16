import { startServices } from '../../../../infra/local/services/start-services.ts';
import { TABLE_KEYS } from '../../../contract/cloud.ts';

/** A process of its own, to be killed: serves the folder given as argument and says where, or which error it met. */
try {
  const services = await startServices({ folder: process.argv[2] ?? null });
  const table = await services.createTable({ TableName: 'headlock', ...TABLE_KEYS });
  const queue = services.createQueue({ QueueName: 'decisions.fifo', FifoQueue: true });
  const topic = services.createTopic({ TopicName: 'alerts' });
  const key = services.createKey('SecretsKey', {});
  const { endpoint, region, credentials } = services;
  process.stdout.write(`${JSON.stringify({ endpoint, region, credentials, table, queue, topic, key })}\n`);
} catch (error) {
  process.stdout.write(`${JSON.stringify(error instanceof Error ? { ...error, message: error.message } : error)}\n`);
}
