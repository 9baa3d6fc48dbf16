/** The inside of one execution environment: runs in a worker thread, loads one handler and answers one event at a time. */
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import type { FunctionDefinition } from './lambda-function.ts';

export interface WorkerRequest {
  readonly requestId: string;
  /** JSON. */
  readonly event: string;
  /** Milliseconds since 1970. */
  readonly deadline: number;
}

/** An error as Lambda reports it. */
export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
}

/** `ready` comes once, when the handler is loaded; `payload` is JSON. */
export type WorkerMessage = 'ready' | { readonly payload: string } | { readonly error: FunctionError };

type Handler = (event: unknown, context: object) => unknown;

function describeError(thrown: unknown): FunctionError {
  if (!(thrown instanceof Error)) return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };
  return { errorType: thrown.name, errorMessage: thrown.message, trace: (thrown.stack ?? '').split('\n') };
}

function createRuntimeError(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

async function loadHandler({ file, exportName }: FunctionDefinition): Promise<Handler> {
  const bundle: Readonly<Record<string, unknown>> = await import(pathToFileURL(file).href);
  const handler = bundle[exportName];
  if (typeof handler !== 'function') {
    throw createRuntimeError('Runtime.HandlerNotFound', `${exportName} is undefined or not exported`);
  }
  // The nodejs24.x runtime refuses what earlier ones called back.
  if (handler.length > 2) {
    throw createRuntimeError('Runtime.CallbackHandlerDeprecated', 'A handler returns a promise and takes no callback.');
  }
  return handler as Handler;
}

async function answer(handler: Handler, request: WorkerRequest): Promise<WorkerMessage> {
  try {
    const result = await handler(JSON.parse(request.event), {
      functionName: definition.name,
      functionVersion: '$LATEST',
      invokedFunctionArn: definition.arn,
      memoryLimitInMB: String(definition.memoryMegabytes),
      awsRequestId: request.requestId,
      getRemainingTimeInMillis: () => Math.max(0, request.deadline - Date.now()),
    });
    return { payload: JSON.stringify(result) ?? 'null' };
  } catch (error) {
    return { error: describeError(error) };
  }
}

/** Says it to the other side, when that has all that was printed before. */
function say(message: WorkerMessage): void {
  process.stdout.write('', () => parentPort?.postMessage(message));
}

process.on('unhandledRejection', (reason) => {
  throw createRuntimeError('Runtime.UnhandledPromiseRejection', describeError(reason).errorMessage);
});
const definition: FunctionDefinition = workerData;
const handler = await loadHandler(definition);
parentPort?.on('message', (request: WorkerRequest) => void answer(handler, request).then(say));
say('ready');
