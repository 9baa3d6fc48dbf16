import { startServices } from '../../../../infra/local/services/start-services.ts';
import { TABLE_KEYS } from '../../../contract/cloud.ts';

/** A process of its own, to be killed: serves the folder given as argument, and says where as one line of JSON. */
const services = await startServices({ folder: process.argv[2] ?? '' });
const { name: tableName } = await services.createTable({ TableName: 'headlock', ...TABLE_KEYS });
const { url: queueUrl } = services.createQueue({ QueueName: 'decisions.fifo', FifoQueue: true });
const { arn: topicArn } = services.createTopic({ TopicName: 'alerts' });
const { arn: keyArn } = services.createKey('SecretsKey', {});
const { endpoint, region, credentials } = services;
process.stdout.write(
  `${JSON.stringify({ settings: { endpoint, region, credentials }, tableName, queueUrl, topicArn, keyArn })}\n`,
);
