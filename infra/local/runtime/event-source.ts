import { setTimeout } from 'node:timers/promises';
import { DeleteMessageBatchCommand, type Message, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import type { Invocation } from './execution-environment.ts';
import { type LambdaFunction, MAX_CONCURRENCY } from './lambda-function.ts';

/** A queue that feeds a function (`AWS::Lambda::EventSourceMapping`). */
export interface EventSourceMapping {
  readonly queueUrl: string;
  readonly queueArn: string;
  readonly target: LambdaFunction;
  readonly batchSize: number;
  /** Whether the mapping declares `ReportBatchItemFailures`. */
  readonly reportsItemFailures: boolean;
}

export interface EventSource {
  /** Takes no more messages. Resolves when those taken are dealt with. */
  stop(): Promise<void>;
}

const LONG_POLL_SECONDS = 20;
const BACK_OFF_MILLISECONDS = 1000;

/** Polls the queue, as many batches at a time as the function has environments. */
export function startEventSource(sqs: SQSClient, mapping: EventSourceMapping): EventSource {
  const stopping = new AbortController();
  const pollers = Array.from({ length: MAX_CONCURRENCY }, () => poll(sqs, mapping, stopping.signal));
  return {
    stop: async () => {
      stopping.abort();
      await Promise.all(pollers);
    },
  };
}

async function poll(sqs: SQSClient, mapping: EventSourceMapping, stopped: AbortSignal): Promise<void> {
  while (!stopped.aborted) {
    try {
      const messages = await receive(sqs, mapping, stopped);
      if (messages.length > 0) await hand(sqs, mapping, messages);
    } catch {
      // The queue is away, or this is the end: what was taken comes back when its visibility timeout ends.
      await setTimeout(BACK_OFF_MILLISECONDS, null, { signal: stopped }).catch(() => {});
    }
  }
}

async function receive(sqs: SQSClient, mapping: EventSourceMapping, stopped: AbortSignal): Promise<readonly Message[]> {
  const command = new ReceiveMessageCommand({
    QueueUrl: mapping.queueUrl,
    MaxNumberOfMessages: mapping.batchSize,
    WaitTimeSeconds: LONG_POLL_SECONDS,
    MessageSystemAttributeNames: ['All'],
  });
  return (await sqs.send(command, { abortSignal: stopped })).Messages ?? [];
}

async function hand(sqs: SQSClient, mapping: EventSourceMapping, messages: readonly Message[]): Promise<void> {
  const invocation = await mapping.target.invoke({
    Records: messages.map((message) => createRecord(mapping, message)),
  });
  const done = finishedMessages(messages, invocation, mapping.reportsItemFailures);
  if (done.length === 0) return;
  const entries = done.map((message, index) => ({ Id: String(index), ReceiptHandle: message.ReceiptHandle }));
  await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: mapping.queueUrl, Entries: entries }));
}

function createRecord({ queueArn }: EventSourceMapping, message: Message): object {
  return {
    messageId: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    body: message.Body,
    attributes: message.Attributes ?? {},
    messageAttributes: {},
    md5OfBody: message.MD5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: queueArn.split(':')[3],
  };
}

const REPORT = z.object({ batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })).nullish() }).nullable();

/** What Lambda deletes: the whole batch, what is not reported as failed, or nothing where the report makes no sense. */
export function finishedMessages(
  messages: readonly Message[],
  invocation: Invocation,
  reportsItemFailures: boolean,
): readonly Message[] {
  if (invocation.outcome === 'failed') return [];
  if (!reportsItemFailures) return messages;
  const report = REPORT.safeParse(invocation.payload);
  if (!report.success) return [];
  const failed = (report.data?.batchItemFailures ?? []).map(({ itemIdentifier }) => itemIdentifier);
  const known = messages.map(({ MessageId = '' }) => MessageId);
  if (!failed.every((identifier) => known.includes(identifier))) return [];
  return messages.filter(({ MessageId = '' }) => !failed.includes(MessageId));
}
