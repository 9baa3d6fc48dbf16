import { describe, expect, it, onTestFinished } from 'vitest';
import { finishedMessages, runEventSource } from '../../../../infra/local/runtime/event-source.ts';
import type { Invocation } from '../../../../infra/local/runtime/execution-environment.ts';
import { MAX_CONCURRENCY } from '../../../../infra/local/runtime/lambda-function.ts';
import type { CallAs } from '../../../../infra/local/services/start-services.ts';
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
});
