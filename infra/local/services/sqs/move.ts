import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { AwsError } from '../aws-error.ts';
import { transact } from '../database.ts';
import { type Operation, operation } from '../operation.ts';
import type { MessageStore } from './message-store.ts';
import type { Queues } from './queues.ts';

const START = z.strictObject({ SourceArn: z.string() });
const LIST = z.strictObject({ SourceArn: z.string(), MaxResults: z.int().min(1).max(10).optional() });

interface MoveTask {
  readonly Status: 'COMPLETED' | 'FAILED';
  readonly SourceArn: string;
  readonly ApproximateNumberOfMessagesMoved: number;
  readonly ApproximateNumberOfMessagesToMove: number;
  readonly FailureReason?: string;
  readonly StartedTimestamp: number;
}

/**
 * `StartMessageMoveTask` and `ListMessageMoveTasks`: messages of a dead-letter queue go back to the queues in which they
 * failed, as new ones with their group. Here a task is done before it is answered; tasks are remembered until the end of the
 * process.
 */
export function createMoveTasks(database: DatabaseSync, queues: Queues, messages: MessageStore) {
  const tasks: MoveTask[] = [];
  const findDeadLetters = (arn: string): string => {
    if (!queues.isDeadLetterQueue(arn)) {
      throw new AwsError('InvalidParameterValue', 'Source queue must be configured as a Dead Letter Queue.');
    }
    return queues.find(arn).arn;
  };
  const start = operation(START, 'InvalidParameterValue', ({ SourceArn }) => {
    const source = findDeadLetters(SourceArn);
    const now = Date.now();
    const waiting = messages.listVisible(source, now);
    const movable = waiting.filter((message) => message.deadLetterSource !== null);
    transact(database, () => {
      for (const { sequence, groupId, deduplicationId, body, deadLetterSource } of movable) {
        messages.remove(source, sequence);
        messages.add(deadLetterSource ?? '', groupId, deduplicationId, body, now, now);
      }
    });
    // As many as SQS tells of.
    tasks.splice(9);
    const isWhole = movable.length === waiting.length;
    tasks.unshift({
      Status: isWhole ? 'COMPLETED' : 'FAILED',
      SourceArn,
      ApproximateNumberOfMessagesMoved: movable.length,
      ApproximateNumberOfMessagesToMove: waiting.length,
      ...(!isWhole && { FailureReason: 'CouldNotDetermineMessageSource' }),
      StartedTimestamp: now,
    });
    return { TaskHandle: randomUUID() };
  });
  const list: Operation = operation(LIST, 'InvalidParameterValue', ({ SourceArn, MaxResults = 1 }) => {
    const source = findDeadLetters(SourceArn);
    return { Results: tasks.filter((task) => task.SourceArn === source).slice(0, MaxResults) };
  });
  return { start, list };
}
