import { setTimeout } from 'node:timers/promises';
import type { Message } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import type { CallAs } from '../services/start-services.ts';
import type { Invocation } from './execution-environment.ts';
import { type LambdaFunction, MAX_CONCURRENCY } from './lambda-function.ts';

/** A queue that feeds a function, which reports the messages that failed (`AWS::Lambda::EventSourceMapping`). */
export interface EventSourceMapping {
  readonly queueArn: string;
  readonly target: LambdaFunction;
  readonly batchSize: number;
}

const LONG_POLL_SECONDS = 20;
const BACK_OFF_MILLISECONDS = 1000;

/**
 * Polls the queue, as many batches at a time as the function has environments, until it is stopped.
 * Resolves when the messages taken by then are dealt with.
 */
export async function runEventSource(call: CallAs, mapping: EventSourceMapping, stopped: AbortSignal): Promise<void> {
  await Promise.all(Array.from({ length: MAX_CONCURRENCY }, () => poll(call, mapping, stopped)));
}

async function poll(call: CallAs, mapping: EventSourceMapping, stopped: AbortSignal): Promise<void> {
  while (!stopped.aborted) {
    try {
      const messages = await receive(call, mapping, stopped);
      if (messages.length > 0) await hand(call, mapping, messages);
    } catch {
      // The queue is away, or this is the end: what was taken comes back when its visibility timeout ends.
      await setTimeout(BACK_OFF_MILLISECONDS, null, { signal: stopped }).catch(() => {});
    }
  }
}

async function receive(call: CallAs, mapping: EventSourceMapping, stopped: AbortSignal): Promise<readonly Message[]> {
  const input = {
    QueueUrl: mapping.queueArn,
    MaxNumberOfMessages: mapping.batchSize,
    WaitTimeSeconds: LONG_POLL_SECONDS,
    MessageSystemAttributeNames: ['All'],
  };
  const { Messages = [] } = (await call('AmazonSQS.ReceiveMessage', input, stopped)) as { Messages?: Message[] };
  return Messages;
}

async function hand(
  call: CallAs,
  { queueArn, target }: EventSourceMapping,
  messages: readonly Message[],
): Promise<void> {
  const invocation = await target.invoke({ Records: messages.map((message) => createRecord(queueArn, message)) });
  for (const { ReceiptHandle } of finishedMessages(messages, invocation)) {
    // Also where everything stops meanwhile: what is done is done.
    await call('AmazonSQS.DeleteMessage', { QueueUrl: queueArn, ReceiptHandle }, new AbortController().signal);
  }
}

export function createRecord(queueArn: string, message: Message): object {
  return {
    messageId: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    body: message.Body,
    attributes: message.Attributes,
    messageAttributes: {},
    md5OfBody: message.MD5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
  };
}

const REPORT = z.object({ batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })).nullish() }).nullable();

/** What Lambda deletes: what is not reported as failed, and nothing where the report makes no sense. */
export function finishedMessages(messages: readonly Message[], invocation: Invocation): readonly Message[] {
  if (invocation.outcome === 'failed') return [];
  const report = REPORT.safeParse(invocation.payload);
  if (!report.success) return [];
  const failed = (report.data?.batchItemFailures ?? []).map(({ itemIdentifier }) => itemIdentifier);
  const known = messages.map(({ MessageId = '' }) => MessageId);
  if (!failed.every((identifier) => known.includes(identifier))) return [];
  return messages.filter(({ MessageId = '' }) => !failed.includes(MessageId));
}
