import { AwsError } from '../../infra/local/services/aws-error.ts';
import type { Interceptor, ServiceCall } from '../../infra/local/services/dispatch.ts';
import { labelCall } from './label-call.ts';

/** How one call of AWS goes wrong. */
export interface Fault {
  readonly name: string;
  /** Whether the call has had its effect by then. */
  readonly after: boolean;
  readonly how: 'throttled' | 'failing' | 'refused' | 'silent' | 'unprocessed' | 'dead';
  /** Of every attempt, as long as the invocation lasts; else of the first alone, and the SDK tries again. */
  readonly lasting: boolean;
}

const fault = (name: string, how: Fault['how'], after = false, lasting = false): Fault => ({
  name,
  how,
  after,
  lasting,
});

export const FAULTS: readonly Fault[] = [
  fault('throttled once', 'throttled'),
  fault('throttled', 'throttled', false, true),
  fault('failing', 'failing', false, true),
  fault('refused', 'refused', false, true),
  fault('no answer, once', 'silent'),
  fault('no answer', 'silent', false, true),
  fault('answer lost, once', 'silent', true),
  fault('answer lost', 'silent', true, true),
  fault('dies before', 'dead'),
  fault('dies after', 'dead', true),
  fault('left unprocessed', 'unprocessed'),
];

/** Which of the calls of a scenario: the n-th of those that look the same, from 0. */
export interface Site {
  readonly label: string;
  readonly occurrence: number;
}

export interface Target extends Site {
  readonly fault: Fault;
}

/** What a batch says that it did nothing of. */
const UNPROCESSED: Readonly<Record<string, string>> = {
  BatchGetItem: 'UnprocessedKeys',
  BatchWriteItem: 'UnprocessedItems',
};

export const mayStrike = ({ how }: Fault, { label }: Site): boolean =>
  how !== 'unprocessed' || Object.keys(UNPROCESSED).some((operation) => label.includes(`.${operation} `));

/**
 * Stands between functions and the embedded services. While it watches it names each call, and makes some of them go wrong,
 * each once. A function that died makes no call any more: whatever its code still tries is refused without effect.
 * @param onEffect - sees every call that was performed
 */
export function createInjector(onEffect: (call: ServiceCall) => void) {
  let watched: Map<string, number> | null = null;
  let targets: readonly Target[] = [];
  const struck = new Set<Target>();
  let isDead = false;
  /** By the bodies of calls, which all attempts share. */
  const lasting = new Map<string, Fault>();
  let underWay = 0;

  /** @returns what is to go wrong with the call */
  const count = (label: string): Fault | null => {
    const occurrence = watched?.get(label) ?? 0;
    watched?.set(label, occurrence + 1);
    const target = targets.find((each) => each.label === label && each.occurrence === occurrence && !struck.has(each));
    if (target === undefined) return null;
    struck.add(target);
    return target.fault;
  };

  const misbehave = (call: ServiceCall, { how }: Fault): Promise<unknown> => {
    switch (how) {
      case 'throttled':
        throw new AwsError(
          call.service.startsWith('DynamoDB') ? 'ProvisionedThroughputExceededException' : 'Throttling',
          '',
        );
      case 'failing':
        throw new AwsError(call.service === 'TrentService' ? 'KMSInternalException' : 'InternalServerError', '', 500);
      case 'refused':
        throw new AwsError(call.service === 'TrentService' ? 'DisabledException' : 'AccessDeniedException', '');
      case 'silent':
        return new Promise(() => {});
      case 'unprocessed':
        return Promise.resolve({
          [UNPROCESSED[call.operation] ?? '']: (call.input as { RequestItems: unknown }).RequestItems,
        });
      case 'dead':
        isDead = true;
        throw createDeath();
    }
  };

  const intercept: Interceptor = async (call, perform) => {
    underWay += 1;
    try {
      const performed = async () => {
        const answer = await perform();
        onEffect(call);
        return answer;
      };
      if (watched === null || call.principal === 'owner') return await performed();
      if (isDead) throw createDeath();
      const body = JSON.stringify(call.input);
      const again = lasting.get(body);
      if (again !== undefined) return await withoutWaiting(misbehave(call, again));
      const fault = count(labelCall(call));
      if (fault === null) return await performed();
      if (fault.lasting) lasting.set(body, fault);
      if (fault.after) await performed();
      return await withoutWaiting(misbehave(call, fault));
    } finally {
      underWay -= 1;
    }
  };

  /** What never answers is not under way: nothing of it will happen. */
  const withoutWaiting = async (answer: Promise<unknown>): Promise<unknown> => {
    underWay -= 1;
    try {
      return await answer;
    } finally {
      underWay += 1;
    }
  };

  return {
    intercept,
    /** How many went wrong. */
    get struck() {
      return struck.size;
    },
    /** From now on calls count, and those that are named go wrong. */
    watch(next: readonly Target[]) {
      [watched, targets, isDead] = [new Map(), next, false];
      struck.clear();
    },
    /** @returns how often each call was made */
    release(): ReadonlyMap<string, number> {
      const counts = watched ?? new Map<string, number>();
      [watched, targets, isDead] = [null, [], false];
      lasting.clear();
      return counts;
    },
    get isWatching() {
      return watched !== null;
    },
    /** What a scenario needs beside itself. */
    async unwatched<Result>(work: () => Promise<Result>): Promise<Result> {
      const former = watched;
      watched = null;
      try {
        return await work();
      } finally {
        watched = former;
      }
    },
    /** A step that is no call of a function: whether it is to be left out. */
    skips: (label: string): boolean => watched !== null && count(label) !== null,
    /** Whether the running invocation died; the next one is another process, once all calls of this one have ended. */
    async endInvocation(): Promise<boolean> {
      const died = isDead;
      while (died && underWay > 0) await new Promise((resolve) => setImmediate(resolve));
      isDead = false;
      lasting.clear();
      return died;
    },
  };
}

/** No error that an SDK tries again. */
function createDeath(): AwsError {
  return new AwsError('AccessDeniedException', 'The process is gone.');
}
