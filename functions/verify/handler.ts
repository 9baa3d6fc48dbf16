import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { AlertTopic } from '../../shared/alerts/alert-topic.ts';
import { createKmsClient } from '../../shared/kms/kms-client.ts';
import { createKmsSecretVault } from '../../shared/kms/kms-secret-vault.ts';
import { createKmsStatementSigner } from '../../shared/kms/kms-statement-signer.ts';
import { countFetchFailure } from '../../shared/lambda/count-fetch-failure.ts';
import { createLogger } from '../../shared/lambda/logger.ts';
import { processBatch } from '../../shared/lambda/process-batch.ts';
import { readEnvironment } from '../../shared/lambda/read-environment.ts';
import { reportDecision } from '../../shared/lambda/report-decision.ts';
import { formatBranchRef } from '../../shared/model/branch-ref.ts';
import { MAX_GUARDED_TAGS } from '../../shared/model/limits.ts';
import { isAllTags } from '../../shared/model/tag-ref.ts';
import { VERDICTS_PER_STEP } from '../../shared/model/time-limits.ts';
import { parseDecisionHint } from '../../shared/queue/decision-hint.ts';
import type { DecisionHint } from '../../shared/queue/decision-queue.ts';
import { createSqsClient } from '../../shared/queue/sqs-client.ts';
import { createSqsDecisionQueue } from '../../shared/queue/sqs-decision-queue.ts';
import { createSqsMessageReturn } from '../../shared/queue/sqs-message-return.ts';
import { createSqsStatusQueue } from '../../shared/queue/sqs-status-queue.ts';
import { countFailures } from '../../shared/sources/count-failures.ts';
import { createSourceOpener } from '../../shared/sources/open-sources.ts';
import { createDynamoAncestorStore } from '../../shared/store/dynamo-ancestor-store.ts';
import { createDynamoBranchStore } from '../../shared/store/dynamo-branch-store.ts';
import { createDynamoClient } from '../../shared/store/dynamo-client.ts';
import { createDynamoHistoryStore } from '../../shared/store/dynamo-history-store.ts';
import { createDynamoPolicyStore } from '../../shared/store/dynamo-policy-store.ts';
import { createDynamoSecretStore } from '../../shared/store/dynamo-secret-store.ts';
import { createDynamoSeenStore } from '../../shared/store/dynamo-seen-store.ts';
import { createDynamoStatementStore } from '../../shared/store/dynamo-statement-store.ts';
import { createDynamoTagStore } from '../../shared/store/dynamo-tag-store.ts';
import { createDynamoVerdictStore } from '../../shared/store/dynamo-verdict-store.ts';
import { createAnsweredHints } from './answered-hints.ts';
import { createDecisionTally } from './decision-tally.ts';
import type { TagPorts, VerifyPorts } from './ports.ts';
import { reportRefusals } from './reported-statuses.ts';
import { verifyBranch } from './verify-branch.ts';

const environment = readEnvironment(process.env, [
  'HEADLOCK_TABLE',
  'HEADLOCK_QUEUE_URL',
  'HEADLOCK_STATUS_QUEUE_URL',
  'HEADLOCK_TOPIC_ARN',
  'HEADLOCK_RECHECK_SECONDS',
  'HEADLOCK_STATEMENT_KEY_ARN',
  'HEADLOCK_STATEMENT_SECONDS',
]);
const log = createLogger();
const client = createDynamoClient();
const table = environment.HEADLOCK_TABLE;
const kms = createKmsClient();
const vault = createKmsSecretVault(kms, { secretStore: createDynamoSecretStore(client, table) });
const sqs = createSqsClient();
const returnMessages = createSqsMessageReturn(sqs, environment.HEADLOCK_QUEUE_URL);

let alertTopic: Promise<AlertTopic> | null = null;

/** Loaded where somebody is to be told: a start does without SNS's client. */
function openAlerts(): Promise<AlertTopic> {
  alertTopic ??= import('../../shared/alerts/sns-open-topic.ts').then(({ openSnsTopic }) =>
    openSnsTopic(environment.HEADLOCK_TOPIC_ARN),
  );
  return alertTopic;
}

/** Each takes a handful of small writes. */
const TAGS_PER_STEP = 500;

const ports: VerifyPorts & TagPorts = {
  branches: createDynamoBranchStore(client, table),
  tags: createDynamoTagStore(client, table),
  policies: createDynamoPolicyStore(client, table),
  history: createDynamoHistoryStore(client, table),
  seen: createDynamoSeenStore(client, table),
  ancestors: createDynamoAncestorStore(client, table),
  verdicts: createDynamoVerdictStore(client, table),
  alerts: { publish: async (id, alert) => (await openAlerts()).publish(id, alert) },
  queue: createSqsDecisionQueue(sqs, environment.HEADLOCK_QUEUE_URL),
  statuses: reportRefusals(createSqsStatusQueue(sqs, environment.HEADLOCK_STATUS_QUEUE_URL), log),
  signer: createKmsStatementSigner(kms, environment.HEADLOCK_STATEMENT_KEY_ARN),
  statements: createDynamoStatementStore(client, table),
  statementSeconds: Number(environment.HEADLOCK_STATEMENT_SECONDS),
  openSources: countFailures(createSourceOpener(vault, process.env), countFetchFailure),
  now: () => new Date(),
  lagSeconds: Number(environment.HEADLOCK_RECHECK_SECONDS),
  verdictsPerStep: VERDICTS_PER_STEP,
  tagsPerStep: TAGS_PER_STEP,
  maxTags: MAX_GUARDED_TAGS,
};

const hints = createAnsweredHints();

/** Decides the branches and tags that the queue's hints name. */
export const handler = middy<SQSEvent, SQSBatchResponse>()
  .use(injectLambdaContext(log))
  .handler(({ Records }) =>
    processBatch(Records, {
      handle: async (record) => {
        const hint = parseDecisionHint(record.body);
        await hints.answer(formatBranchRef(hint.ref), record, () => decide(hint));
      },
      returnMessages,
      log,
    }),
  );

async function decide({ ref, ...hint }: DecisionHint): Promise<void> {
  const start = performance.now();
  const tally = createDecisionTally(ref);
  try {
    if (isAllTags(ref)) await (await import('./verify-tags.ts')).verifyTags(ref.repository, ports, tally);
    else await verifyBranch(ref, ports, tally);
  } finally {
    const seconds = (performance.now() - start) / 1000;
    const isMeasured = ref.repository !== process.env.HEADLOCK_CANARY_REPOSITORY;
    if (tally.report !== null) reportDecision(tally.report, { ...hint, seconds, isMeasured }, log);
  }
}
