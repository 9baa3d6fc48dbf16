import { SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { finishedMessages, runEventSource } from '../../../../infra/local/runtime/event-source.ts';
import type { Invocation } from '../../../../infra/local/runtime/execution-environment.ts';
import { startTemporaryServices } from '../../../support/temporary-services.ts';

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

describe('runEventSource', () => {
  it('waits for no poll when it is stopped', async () => {
    const services = await startTemporaryServices();
    onTestFinished(services.close);
    const { arn } = services.createQueue({ QueueName: 'empty.fifo', FifoQueue: true });
    const { endpoint, region, credentials } = services;
    const sqs = new SQSClient({ endpoint, region, credentials });
    const begun = Promise.withResolvers<void>();
    let answers = 0;
    sqs.middlewareStack.add(
      (next) => async (args) => {
        begun.resolve();
        const answer = await next(args);
        answers += 1;
        return answer;
      },
      { step: 'initialize' },
    );
    const stopping = new AbortController();
    const target = {
      arn: 'none',
      invoke: () => Promise.reject(new Error('Nothing is queued.')),
      close: async () => {},
    };
    const running = runEventSource(sqs, { queueArn: arn, target, batchSize: 1 }, stopping.signal);
    await begun.promise;
    const before = answers;
    stopping.abort();
    await running;
    expect(answers).toBe(before);
  });
});
