import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { createAppTokens } from '../../shared/forges/app-tokens.ts';
import { createAgentsByAuthority } from '../../shared/git/http-agents.ts';
import { createKmsClient } from '../../shared/kms/kms-client.ts';
import { createKmsSecretVault } from '../../shared/kms/kms-secret-vault.ts';
import { createLogger } from '../../shared/lambda/logger.ts';
import { PutOff, processBatch } from '../../shared/lambda/process-batch.ts';
import { readEnvironment } from '../../shared/lambda/read-environment.ts';
import { assertNever } from '../../shared/model/assert-never.ts';
import { STATUS_REQUEST_TIMEOUT_MS } from '../../shared/model/time-limits.ts';
import { createSqsClient } from '../../shared/queue/sqs-client.ts';
import { createSqsMessageReturn } from '../../shared/queue/sqs-message-return.ts';
import { parseStatusHint } from '../../shared/queue/status-hint.ts';
import { USER_AGENT } from '../../shared/sources/user-agent.ts';
import { createDynamoBranchStore } from '../../shared/store/dynamo-branch-store.ts';
import { createDynamoClient } from '../../shared/store/dynamo-client.ts';
import { createDynamoPolicyStore } from '../../shared/store/dynamo-policy-store.ts';
import { createDynamoSecretStore } from '../../shared/store/dynamo-secret-store.ts';
import { tellForge } from './tell-forge.ts';

const environment = readEnvironment(process.env, ['HEADLOCK_TABLE', 'HEADLOCK_STATUS_QUEUE_URL']);
const log = createLogger();
const client = createDynamoClient();
const table = environment.HEADLOCK_TABLE;
const ports = {
  branches: createDynamoBranchStore(client, table),
  policies: createDynamoPolicyStore(client, table),
  vault: createKmsSecretVault(createKmsClient(), { secretStore: createDynamoSecretStore(client, table) }),
  apps: createAppTokens(),
  openAgents: createAgentsByAuthority(process.env),
  userAgent: USER_AGENT,
  timeoutMs: STATUS_REQUEST_TIMEOUT_MS,
};
const returnMessages = createSqsMessageReturn(createSqsClient(), environment.HEADLOCK_STATUS_QUEUE_URL);

/** Tells forges what was decided of the commits that the queue's hints name. Nothing waits for it (trust rule 5.5). */
export const handler = middy<SQSEvent, SQSBatchResponse>()
  .use(injectLambdaContext(log))
  .handler(({ Records }) => processBatch(Records, { handle: ({ body }) => tell(body), returnMessages, log }));

async function tell(body: string): Promise<void> {
  const hint = parseStatusHint(body);
  const outcome = await tellForge(hint, ports);
  const fields = { ...hint.ref, commit: hint.commit };
  if (outcome === null) return log.info('There is nothing to tell of the commit any more.', fields);
  switch (outcome.kind) {
    case 'told':
      return log.info('The forge was told of the commit.', fields);
    case 'refused':
      return log.warn('The forge does not take the status.', { ...fields, reason: outcome.message });
    case 'later':
      throw new PutOff(outcome.message, outcome.afterSeconds);
    default:
      return assertNever(outcome);
  }
}
