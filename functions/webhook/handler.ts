import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { createKmsClient } from '../../shared/kms/kms-client.ts';
import { createKmsSecretVault } from '../../shared/kms/kms-secret-vault.ts';
import { countDelivery } from '../../shared/lambda/count-delivery.ts';
import { createLogger } from '../../shared/lambda/logger.ts';
import { type Problems, problemResponses } from '../../shared/lambda/problem-responses.ts';
import { type RawBodyEvent, readRawBody } from '../../shared/lambda/raw-body.ts';
import { readEnvironment } from '../../shared/lambda/read-environment.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import { MAX_WEBHOOK_BYTES } from '../../shared/model/limits.ts';
import { createSqsClient } from '../../shared/queue/sqs-client.ts';
import { createSqsDecisionQueue } from '../../shared/queue/sqs-decision-queue.ts';
import { createDynamoAppDirectory } from '../../shared/store/dynamo-app-directory.ts';
import { createDynamoClient } from '../../shared/store/dynamo-client.ts';
import { createDynamoPolicyStore } from '../../shared/store/dynamo-policy-store.ts';
import { createDynamoSecretStore } from '../../shared/store/dynamo-secret-store.ts';
import { createExpiringCache } from '../../shared/store/expiring-cache.ts';
import {
  type AcceptDeliveryErrorCode,
  type AcceptDeliveryServices,
  acceptDelivery,
  KNOWN_SOURCES,
} from './accept-delivery.ts';

const environment = readEnvironment(process.env, ['HEADLOCK_TABLE', 'HEADLOCK_QUEUE_URL']);
const dynamo = createDynamoClient();
const log = createLogger();
const services: AcceptDeliveryServices = {
  policies: createDynamoPolicyStore(dynamo, environment.HEADLOCK_TABLE),
  apps: createDynamoAppDirectory(dynamo, environment.HEADLOCK_TABLE),
  vault: createKmsSecretVault(createKmsClient(), {
    secretStore: createDynamoSecretStore(dynamo, environment.HEADLOCK_TABLE),
  }),
  queue: createSqsDecisionQueue(createSqsClient(), environment.HEADLOCK_QUEUE_URL),
  known: createExpiringCache({ ...KNOWN_SOURCES, now: Date.now }),
  log,
  count: countDelivery,
  now: () => new Date(),
};

const PROBLEMS: Problems<AcceptDeliveryErrorCode | 'body_too_large'> = {
  malformed_delivery: { status: 400, title: 'Bad Request' },
  unauthenticated: { status: 401, title: 'Unauthorized', headers: { 'www-authenticate': 'Webhook realm="headlock"' } },
  body_too_large: { status: 413, title: 'Content Too Large' },
  form_encoded_delivery: { status: 415, title: 'Unsupported Media Type' },
};

/** `POST /webhooks/{source}` (interfaces, part 3). */
export const handler = middy<RawBodyEvent, APIGatewayProxyStructuredResultV2>({ timeoutEarlyInMillis: 0 })
  .use(injectLambdaContext(log))
  .use(problemResponses(log, PROBLEMS))
  .use({
    onError({ error }) {
      if (error instanceof HeadlockError && error.code === 'body_too_large') countDelivery(null, error.code);
    },
  })
  .use(readRawBody(MAX_WEBHOOK_BYTES))
  .handler(async ({ pathParameters, headers, rawBody, requestContext }: RawBodyEvent) => {
    const { timeEpoch } = requestContext;
    // Only a metric needs it.
    const receivedAt = Number.isInteger(timeEpoch) ? new Date(timeEpoch).toISOString() : undefined;
    const source = pathParameters?.source ?? '';
    const outcome = await acceptDelivery(services, { source, headers, rawBody, receivedAt });
    return {
      statusCode: outcome.status === 'queued' ? 202 : 200,
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
      body: JSON.stringify(outcome),
    };
  });
