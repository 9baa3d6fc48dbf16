import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { SQSEvent } from 'aws-lambda';
import { createKmsClient } from '../../shared/kms/kms-client.ts';
import { createKmsSecretVault } from '../../shared/kms/kms-secret-vault.ts';
import { countFetchFailure } from '../../shared/lambda/count-fetch-failure.ts';
import { createLogger } from '../../shared/lambda/logger.ts';
import { readEnvironment } from '../../shared/lambda/read-environment.ts';
import { reportBranch } from '../../shared/lambda/report-branch.ts';
import { createSqsClient } from '../../shared/queue/sqs-client.ts';
import { createSqsDecisionQueue } from '../../shared/queue/sqs-decision-queue.ts';
import { parseSweptRepository } from '../../shared/queue/sweep-queue.ts';
import { countFailures } from '../../shared/sources/count-failures.ts';
import { createSourceOpener } from '../../shared/sources/open-sources.ts';
import { createDynamoBranchStore } from '../../shared/store/dynamo-branch-store.ts';
import { createDynamoClient } from '../../shared/store/dynamo-client.ts';
import { createDynamoForgeContactStore } from '../../shared/store/dynamo-forge-contact-store.ts';
import { createDynamoPolicyStore } from '../../shared/store/dynamo-policy-store.ts';
import { createDynamoSecretStore } from '../../shared/store/dynamo-secret-store.ts';
import { createDynamoTagStore } from '../../shared/store/dynamo-tag-store.ts';
import { compareRefs } from './compare-refs.ts';
import type { ComparePorts } from './ports.ts';
import { watchListing } from './watch-listing.ts';

const environment = readEnvironment(process.env, ['HEADLOCK_TABLE', 'HEADLOCK_QUEUE_URL']);
const log = createLogger();
const client = createDynamoClient();
const table = environment.HEADLOCK_TABLE;
const vault = createKmsSecretVault(createKmsClient(), { secretStore: createDynamoSecretStore(client, table) });

const ports: ComparePorts = {
  policies: createDynamoPolicyStore(client, table),
  branches: watchListing(createDynamoBranchStore(client, table), (state) => {
    if (state.ref.repository !== process.env.HEADLOCK_CANARY_REPOSITORY) reportBranch(state, new Date());
  }),
  tags: createDynamoTagStore(client, table),
  contacts: createDynamoForgeContactStore(client, table),
  queue: createSqsDecisionQueue(createSqsClient(), environment.HEADLOCK_QUEUE_URL),
  openSources: countFailures(createSourceOpener(vault, process.env), countFetchFailure),
  now: () => new Date(),
  random: Math.random,
};

/** Compares the repositories that the sweep names with their forges. What fails is thrown: the next sweep names them again. */
export const handler = middy<SQSEvent, void>()
  .use(injectLambdaContext(log))
  .handler(async ({ Records }) => {
    for (const { body, messageId } of Records) {
      const repository = parseSweptRepository(body);
      const { forge, hints } = await compareRefs(repository, `sweep:${messageId}`, ports);
      if (hints > 0 || forge !== 'refs') log.info('Swept.', { repository, forge, hints });
    }
  });
