import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { ScheduledEvent } from 'aws-lambda';
import { createLogger } from '../../shared/lambda/logger.ts';
import { readEnvironment } from '../../shared/lambda/read-environment.ts';
import { createSqsClient } from '../../shared/queue/sqs-client.ts';
import { createSqsSweepQueue } from '../../shared/queue/sqs-sweep-queue.ts';
import { createDynamoClient } from '../../shared/store/dynamo-client.ts';
import { createDynamoPolicyStore } from '../../shared/store/dynamo-policy-store.ts';
import { spreadRepositories } from './spread-repositories.ts';

const environment = readEnvironment(process.env, [
  'HEADLOCK_TABLE',
  'HEADLOCK_SWEEP_QUEUE_URL',
  'HEADLOCK_SWEEP_SECONDS',
]);
const log = createLogger();
const ports = {
  policies: createDynamoPolicyStore(createDynamoClient(), environment.HEADLOCK_TABLE),
  queue: createSqsSweepQueue(createSqsClient(), environment.HEADLOCK_SWEEP_QUEUE_URL),
  intervalSeconds: Number(environment.HEADLOCK_SWEEP_SECONDS),
};

/** Has every guarded repository compared with its forge, spread over the time until the next sweep. */
export const handler = middy<ScheduledEvent, void>()
  .use(injectLambdaContext(log))
  .handler(async () => {
    const repositories = await spreadRepositories(ports);
    log.info('Swept.', { repositories });
  });
