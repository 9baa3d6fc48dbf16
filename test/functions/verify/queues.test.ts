import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { beforeAll, expect, it } from 'vitest';
import { createSqsDecisionQueue } from '../../../shared/queue/sqs-decision-queue.ts';
import { createSqsMessageReturn } from '../../../shared/queue/sqs-message-return.ts';
import { createSqsStatusQueue } from '../../../shared/queue/sqs-status-queue.ts';
import { credentialsAs } from '../../support/act-as.ts';
import { useEmbeddedServices } from '../../support/embedded-services.ts';
import { oidOf } from '../../support/small-history.ts';

const services = useEmbeddedServices();
const REF = { repository: 'payments', branch: 'main' };
let sqs: SQSClient;

beforeAll(() => {
  sqs = new SQSClient({ credentials: () => credentialsAs('verify') });
});

const receive = async (QueueUrl: string) => {
  const command = new ReceiveMessageCommand({ QueueUrl, MessageSystemAttributeNames: ['All'] });
  return (await sqs.send(command)).Messages?.[0];
};

// What verify does with queues under its own policy: a step that is left, a run that failed, a commit that was decided.
it('hints to itself, and has a message come back soon whose handling failed', async () => {
  const { url } = services().createQueue({ QueueName: 'decisions.fifo', FifoQueue: true, VisibilityTimeout: 300 });
  await createSqsDecisionQueue(sqs, url).send({ ref: REF, delivery: 'step:1' });
  const first = await receive(url);
  expect(await receive(url)).toBeUndefined();
  await createSqsMessageReturn(sqs, url)([{ receiptHandle: first?.ReceiptHandle ?? '', receives: 1 }], 0);
  expect(await receive(url)).toMatchObject({ Body: first?.Body, Attributes: { ApproximateReceiveCount: '2' } });
});

it('hints at what the forge is to be told', async () => {
  const { url } = services().createQueue({ QueueName: 'statuses.fifo', FifoQueue: true });
  await createSqsStatusQueue(sqs, url).send({ ref: REF, commit: oidOf('a'), delivery: '1:0' });
  const { endpoint, region, credentials } = services();
  const owner = new SQSClient({ endpoint, region, credentials });
  expect((await owner.send(new ReceiveMessageCommand({ QueueUrl: url }))).Messages).toHaveLength(1);
});
