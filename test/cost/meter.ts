import type { Interceptor } from '../../infra/local/services/dispatch.ts';
import { unitsOf } from './capacity.ts';
import { addCounts, type Counts, NOTHING } from './counts.ts';

/** Counts every call that a running instance makes of AWS, and knows when it is done with what it was told. */
export interface Meter {
  readonly intercept: Interceptor;
  /** By function, since the last `reset`. */
  readonly invocations: ReadonlyMap<string, number>;
  counts(): Counts;
  add(counts: Partial<Counts>): void;
  reset(): void;
  /** Until something was queued since the last `reset`, and every message that was ever queued is dealt with. */
  untilDone(): Promise<void>;
}

/** What a request of 64 kB costs; longer ones cost more, and none of Headlock's is. */
const QUEUE_REQUESTS = new Set(['SendMessage', 'ReceiveMessage', 'DeleteMessage', 'ChangeMessageVisibility']);

interface Received {
  readonly Messages?: readonly { readonly MessageId: string; readonly ReceiptHandle: string }[];
}

export function createMeter(): Meter {
  const sizes = new Map<string, number>();
  const invocations = new Map<string, number>();
  /** Messages that are not deleted yet. */
  const open = new Set<string>();
  const handles = new Map<string, string>();
  let counts = NOTHING;
  let sent = 0;
  let waiting: (() => void)[] = [];

  const add = (more: Partial<Counts>) => {
    counts = addCounts(counts, more);
  };
  const isDone = () => sent > 0 && open.size === 0;

  function countQueue(operation: string, principal: string, input: Record<string, string>, output: unknown): void {
    const { QueueUrl = '', ReceiptHandle = '' } = input;
    const { Messages = [] } = (output ?? {}) as Received;
    // An empty receive is what pollers cost while nothing happens: that is counted by the month.
    const isIdle = operation === 'ReceiveMessage' && Messages.length === 0;
    if (QUEUE_REQUESTS.has(operation) && !isIdle) add(QueueUrl.endsWith('.fifo') ? { fifo: 1 } : { standard: 1 });
    if (operation === 'SendMessage') {
      sent += 1;
      open.add((output as { MessageId: string }).MessageId);
    }
    for (const message of Messages) handles.set(message.ReceiptHandle, message.MessageId);
    if (Messages.length > 0) {
      invocations.set(principal, (invocations.get(principal) ?? 0) + 1);
      add({ invocations: 1 });
    }
    if (operation === 'DeleteMessage') open.delete(handles.get(ReceiptHandle) ?? '');
    if (!isDone()) return;
    for (const resolve of waiting) resolve();
    waiting = [];
  }

  return {
    invocations,
    counts: () => counts,
    add,
    reset() {
      counts = NOTHING;
      sent = 0;
      invocations.clear();
    },
    async untilDone() {
      if (!isDone()) await new Promise<void>((resolve) => waiting.push(resolve));
    },
    async intercept({ service, operation, principal, input }, perform) {
      let output: unknown;
      try {
        output = await perform();
        return output;
      } finally {
        // Commands of an operator are not what an installation costs.
        if (principal !== 'operator' && principal !== 'owner') {
          if (service === 'DynamoDB_20120810') {
            const { read, write } = unitsOf(operation, input, output, sizes);
            add(read > 0 ? { reads: 1, readUnits: read } : { writes: 1, writeUnits: write });
          } else if (service === 'TrentService') add(operation === 'Sign' ? { signatures: 1 } : { kms: 1 });
          else if (service === 'SNS') add({ alerts: 1 });
        }
        if (service === 'AmazonSQS') countQueue(operation, principal, input as Record<string, string>, output);
      }
    },
  };
}
