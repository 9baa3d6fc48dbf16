import type { Message } from '@aws-sdk/client-sqs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { finishedMessages, runEventSource } from '../../../../infra/local/runtime/event-source.ts';
import type { Invocation } from '../../../../infra/local/runtime/execution-environment.ts';
import { MAX_CONCURRENCY } from '../../../../infra/local/runtime/lambda-function.ts';
import type { CallAs } from '../../../../infra/local/services/start-services.ts';
import { expectDenials } from '../../../permissions/record-access.ts';
import { startTemporaryServices } from '../../../support/temporary-services.ts';

expectDenials();

const MESSAGES = [{ MessageId: 'a' }, { MessageId: 'b' }, { MessageId: 'c' }];
const FAILED: Invocation = { outcome: 'failed', error: { errorType: 'Error', errorMessage: 'no', trace: [] } };

function finished(payload: unknown): string {
  const messages = finishedMessages(MESSAGES, { outcome: 'returned', payload });
  return messages.map(({ MessageId }) => MessageId).join('');
}

const report = (...identifiers: unknown[]): object => ({
  batchItemFailures: identifiers.map((itemIdentifier) => ({ itemIdentifier })),
});

// Expectations from Lambda's guide, "Implementing partial batch responses".
describe('finishedMessages', () => {
  it.each<[string, unknown, string]>([
    ['null', null, 'abc'],
    ['an empty object', {}, 'abc'],
    ['no list', { batchItemFailures: null }, 'abc'],
    ['an empty list', report(), 'abc'],
    ['one failure', report('b'), 'ac'],
    ['all failures', report('c', 'b', 'a'), ''],
    ['a failure twice', report('a', 'a'), 'bc'],
    ['an identifier of no message', report('b', 'x'), ''],
    ['an empty identifier', report(''), ''],
    ['an identifier that is null', report(null), ''],
    ['a wrong key name', { batchItemFailures: [{ id: 'a' }] }, ''],
    ['a word', 'done', ''],
  ])('reads a report that is %s', (_, payload, done) => {
    expect(finished(payload)).toBe(done);
  });

  it('finishes nothing when the function failed', () => {
    expect(finishedMessages(MESSAGES, FAILED)).toEqual([]);
  });
});

/** An event source of a queue with one group of messages, polled as `principal`. */
async function feed(principal: string) {
  const services = await startTemporaryServices();
  onTestFinished(services.close);
  const { arn } = services.createQueue({ QueueName: 'fed.fifo', FifoQueue: true });
  const stopping = new AbortController();
  const [invoked, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<Invocation>()];
  const refused = Promise.withResolvers<unknown>();
  const target = {
    arn: 'fed',
    invoke: () => {
      invoked.resolve();
      return answer.promise;
    },
    close: async () => {},
  };
  const callAs = services.callAs(principal);
  const call: CallAs = (...args) => {
    const called = callAs(...args);
    called.catch(refused.resolve);
    return called;
  };
  const owner = (operation: string, input: object) =>
    services.callAs('owner')(`AmazonSQS.${operation}`, { QueueUrl: arn, ...input }, new AbortController().signal);
  return {
    ...{ services, stopping, invoked, answer, refused },
    running: runEventSource(call, { queueArn: arn, target, batchSize: 1 }, stopping.signal),
    send: (body: string) =>
      owner('SendMessage', { MessageBody: body, MessageGroupId: 'one', MessageDeduplicationId: body }),
    receive: () =>
      owner('ReceiveMessage', { MessageSystemAttributeNames: ['All'] }) as Promise<{ Messages?: readonly Message[] }>,
  };
}

describe('runEventSource', () => {
  it('waits for no poll when it is stopped', async () => {
    const services = await startTemporaryServices();
    onTestFinished(services.close);
    const { arn } = services.createQueue({ QueueName: 'empty.fifo', FifoQueue: true });
    const callAsOwner = services.callAs('owner');
    const begun = Promise.withResolvers<void>();
    let answers = 0;
    const call: CallAs = async (...args) => {
      begun.resolve();
      const answer = await callAsOwner(...args);
      answers += 1;
      return answer;
    };
    const stopping = new AbortController();
    const target = {
      arn: 'none',
      invoke: () => Promise.reject(new Error('Nothing is queued.')),
      close: async () => {},
    };
    const running = runEventSource(call, { queueArn: arn, target, batchSize: 1 }, stopping.signal);
    await begun.promise;
    expect(answers).toBe(0);
    stopping.abort();
    await running;
    // Each of its two polls ended long before its twenty seconds, with nothing.
    expect(answers).toBe(MAX_CONCURRENCY);
  });

  it('finishes what it has taken when it is stopped, and takes no more', async () => {
    const { send, receive, running, stopping, invoked, answer } = await feed('owner');
    await send('first');
    await send('second');
    await invoked.promise;
    stopping.abort();
    answer.resolve({ outcome: 'returned', payload: null });
    await running;
    // The first is deleted; the second was never taken.
    const { Messages } = await receive();
    expect(Messages?.map(({ Body, Attributes }) => [Body, Attributes?.ApproximateReceiveCount])).toEqual([
      ['second', '1'],
    ]);
  });

  it('leaves what it has taken where the function ends first', async () => {
    const { services, send, receive, running, stopping, invoked, answer } = await feed('owner');
    await send('first');
    await invoked.promise;
    stopping.abort();
    answer.resolve(FAILED);
    await running;
    services.releaseInFlight();
    expect((await receive()).Messages?.map(({ Body }) => Body)).toEqual(['first']);
  });

  it('takes nothing for a function that may not receive', async () => {
    const { send, running, stopping, refused } = await feed('verify');
    await send('first');
    expect(await refused.promise).toMatchObject({ name: 'AccessDeniedException' });
    stopping.abort();
    await running;
  });
});
