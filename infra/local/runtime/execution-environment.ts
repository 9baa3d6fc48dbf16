import { createInterface } from 'node:readline';
import type { Writable } from 'node:stream';
import { Worker } from 'node:worker_threads';
import type { FunctionDefinition } from './lambda-function.ts';
import type { WorkerRequest } from './lambda-worker.ts';

/** What came of one event. */
export type Invocation =
  | { readonly outcome: 'returned'; readonly payload: unknown }
  | { readonly outcome: 'failed'; readonly error: FunctionError };

/** An error as Lambda reports it. */
export type FunctionError = Readonly<{ errorType: string; errorMessage: string; trace: readonly string[] }>;

/** One worker thread: what Lambda calls an execution environment. It serves one event at a time. */
export interface ExecutionEnvironment {
  readonly alive: boolean;
  /** @param event - JSON. */
  invoke(requestId: string, event: string): Promise<Invocation>;
  close(): Promise<unknown>;
}

const WORKER = new URL('./lambda-worker.ts', import.meta.url);

/** Starts to load the function's code at once. @param onLine - hears of each line that it prints */
export function createExecutionEnvironment(
  definition: FunctionDefinition,
  log: Writable,
  onLine: (line: string) => void,
): ExecutionEnvironment {
  const worker = new Worker(WORKER, {
    workerData: definition,
    env: definition.environment,
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: definition.memoryMegabytes },
  });
  worker.stdout.pipe(log, { end: false });
  createInterface({ input: worker.stdout }).on('line', onLine);
  worker.stderr.pipe(log, { end: false });

  let alive = true;
  let crash = fail('Runtime.ExitError', 'The runtime exited without an answer.');
  /** What the worker says next: first that the code is loaded, then the answer to each event. */
  let next = Promise.withResolvers<Invocation>();
  const loaded = next.promise;
  worker.on('message', (message: Invocation) => next.resolve(message));
  worker.on('error', ({ name, message, stack = '' }: Error) => {
    crash = fail(name, message, stack.split('\n'));
  });
  worker.on('exit', () => {
    alive = false;
    next.resolve(crash);
  });

  async function invoke(requestId: string, event: string): Promise<Invocation> {
    await loaded;
    if (!alive) return crash;
    next = Promise.withResolvers();
    const milliseconds = definition.timeoutSeconds * 1000;
    const timer = setTimeout(() => {
      crash = fail('Sandbox.Timedout', `Task timed out after ${definition.timeoutSeconds} seconds`);
      void worker.terminate();
    }, milliseconds);
    worker.postMessage({ requestId, event, deadline: Date.now() + milliseconds } satisfies WorkerRequest);
    const result = await next.promise;
    clearTimeout(timer);
    return result;
  }

  return {
    get alive() {
      return alive;
    },
    invoke,
    close: () => worker.terminate(),
  };
}

export function fail(errorType: string, errorMessage: string, trace: readonly string[] = []): Invocation {
  return { outcome: 'failed', error: { errorType, errorMessage, trace } };
}
