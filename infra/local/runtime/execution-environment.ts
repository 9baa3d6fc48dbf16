import type { Writable } from 'node:stream';
import { Worker } from 'node:worker_threads';
import type { FunctionDefinition } from './lambda-function.ts';
import type { FunctionError, WorkerMessage, WorkerRequest } from './lambda-worker.ts';

/** What came of one event. */
export type Invocation =
  | { readonly outcome: 'returned'; readonly payload: unknown }
  | { readonly outcome: 'failed'; readonly error: FunctionError };

/** One worker thread: what Lambda calls an execution environment. It serves one event at a time. */
export interface ExecutionEnvironment {
  readonly alive: boolean;
  /** @param event - JSON. */
  invoke(requestId: string, event: string): Promise<Invocation>;
  close(): Promise<unknown>;
}

const WORKER = new URL('./lambda-worker.ts', import.meta.url);

/** Lambda's limit for loading a function's code. */
const INITIALIZATION_SECONDS = 10;

const MAX_RESPONSE_BYTES = 6 * 1024 * 1024;

export function createExecutionEnvironment(definition: FunctionDefinition, log: Writable): ExecutionEnvironment {
  const worker = new Worker(WORKER, {
    workerData: definition,
    env: definition.environment,
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: definition.memoryMegabytes },
  });
  worker.stdout.pipe(log, { end: false });
  worker.stderr.pipe(log, { end: false });

  const ready = Promise.withResolvers<void>();
  const initialization = endAfter(INITIALIZATION_SECONDS, 'Initialization');
  let alive = true;
  let finish: ((invocation: Invocation) => void) | null = null;
  let crash = fail('Runtime.ExitError', 'The runtime exited without an answer.');

  worker.on('message', (message: WorkerMessage) => {
    if (message === 'ready') ready.resolve();
    else finish?.('error' in message ? { outcome: 'failed', error: message.error } : readPayload(message.payload));
  });
  worker.on('error', (error: Error) => {
    crash = fail(error.name, error.message, error.stack?.split('\n'));
  });
  worker.on('exit', () => {
    alive = false;
    ready.resolve();
    finish?.(crash);
  });

  function endAfter(seconds: number, what: string): NodeJS.Timeout {
    return setTimeout(() => {
      crash = fail('Sandbox.Timedout', `${what} timed out after ${seconds} seconds`);
      void worker.terminate();
    }, seconds * 1000);
  }

  async function invoke(requestId: string, event: string): Promise<Invocation> {
    await ready.promise;
    clearTimeout(initialization);
    if (!alive) return crash;
    const invocation = Promise.withResolvers<Invocation>();
    finish = invocation.resolve;
    const timer = endAfter(definition.timeoutSeconds, 'Task');
    const deadline = Date.now() + definition.timeoutSeconds * 1000;
    worker.postMessage({ requestId, event, deadline } satisfies WorkerRequest);
    const result = await invocation.promise;
    clearTimeout(timer);
    finish = null;
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

function readPayload(payload: string): Invocation {
  const bytes = Buffer.byteLength(payload);
  if (bytes <= MAX_RESPONSE_BYTES) return { outcome: 'returned', payload: JSON.parse(payload) };
  return fail('Function.ResponseSizeTooLarge', `The response has ${bytes} bytes, more than ${MAX_RESPONSE_BYTES}.`);
}

export function fail(errorType: string, errorMessage: string, trace: readonly string[] = []): Invocation {
  return { outcome: 'failed', error: { errorType, errorMessage, trace } };
}
