import { DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll } from 'vitest';
import type { Installation } from '../../cli/operations/installation.ts';
import { createInstallation } from '../../cli/operations/open-installation.ts';
import { parseDecisionHint } from '../../shared/queue/decision-hint.ts';
import type { DecisionHint } from '../../shared/queue/decision-queue.ts';
import { credentialsAs } from './act-as.ts';
import { TABLE, useEmbeddedServices } from './embedded-services.ts';
import { STATEMENT_KEY } from './statements.ts';

export interface EmbeddedInstallation extends Installation {
  /** Takes the hints that wait in the queue, the oldest first. */
  takeHints(): Promise<readonly DecisionHint[]>;
}

/** An installation on embedded services in memory, where no function runs, for the tests of one file. */
export function useEmbeddedInstallation(): () => EmbeddedInstallation {
  const services = useEmbeddedServices();
  let installation: EmbeddedInstallation | null = null;
  beforeAll(async () => {
    const { endpoint, region, credentials, createQueue, createKey } = services();
    const { url: queueUrl } = createQueue({
      QueueName: 'decisions.fifo',
      FifoQueue: true,
      DeduplicationScope: 'messageGroup',
      FifoThroughputLimit: 'perMessageGroupId',
    });
    const secretsKeyArn = createKey('SecretsKey', {}).arn;
    const connection = {
      apiUrl: null,
      endpoint,
      region,
      credentials: await credentialsAs('operator'),
      tableName: TABLE,
      queueUrl,
      deadLetterUrls: { decisions: queueUrl, statuses: queueUrl },
      topicArn: '',
      secretsKeyArn,
      statementKeyArn: createKey('StatementKey', STATEMENT_KEY).arn,
    };
    const sqs = new SQSClient({ endpoint, region, credentials });
    installation = {
      ...createInstallation(connection),
      takeHints: async () => {
        const hints: DecisionHint[] = [];
        for (;;) {
          const { Messages = [] } = await sqs.send(
            new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10 }),
          );
          if (Messages.length === 0) return hints;
          for (const { Body = '', ReceiptHandle } of Messages) {
            hints.push(parseDecisionHint(Body));
            await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
          }
        }
      },
    };
  });
  afterAll(() => installation?.close());
  return () => {
    if (installation === null) throw new Error('The installation opens in beforeAll.');
    return installation;
  };
}
