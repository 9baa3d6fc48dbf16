import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { ScheduledEvent } from 'aws-lambda';
import { createLogger } from '../../shared/lambda/logger.ts';
import { readEnvironment } from '../../shared/lambda/read-environment.ts';
import { createSqsClient } from '../../shared/queue/sqs-client.ts';
import { createSqsDecisionQueue } from '../../shared/queue/sqs-decision-queue.ts';
import { createDynamoBranchStore } from '../../shared/store/dynamo-branch-store.ts';
import { createDynamoClient } from '../../shared/store/dynamo-client.ts';
import { createDynamoPolicyStore } from '../../shared/store/dynamo-policy-store.ts';
import { createDynamoTagStore } from '../../shared/store/dynamo-tag-store.ts';
import { sendHints } from './send-hints.ts';

const environment = readEnvironment(process.env, ['HEADLOCK_TABLE', 'HEADLOCK_QUEUE_URL']);
const log = createLogger();
const client = createDynamoClient();
const ports = {
  policies: createDynamoPolicyStore(client, environment.HEADLOCK_TABLE),
  branches: createDynamoBranchStore(client, environment.HEADLOCK_TABLE),
  tags: createDynamoTagStore(client, environment.HEADLOCK_TABLE),
  queue: createSqsDecisionQueue(createSqsClient(), environment.HEADLOCK_QUEUE_URL),
};

/** Queues every guarded branch, and tags. */
export const handler = middy<ScheduledEvent, void>()
  .use(injectLambdaContext(log))
  .handler(async ({ time }) => {
    const hints = await sendHints(time, ports);
    log.info('Swept.', { hints });
  });
