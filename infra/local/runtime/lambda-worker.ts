/** The inside of one execution environment: runs in a worker thread, loads one handler and answers one event at a time. */
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';

/** What the worker is told when it starts. */
export interface WorkerSetup {
  /** The bundle's file. */
  readonly file: string;
  readonly exportName: string;
  /** The parts of the context that are the same for every event. */
  readonly context: Readonly<Record<string, string>>;
}

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

export function describeError(thrown: unknown): FunctionError {
  if (!(thrown instanceof Error)) return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };
  return { errorType: thrown.name, errorMessage: thrown.message, trace: (thrown.stack ?? '').split('\n') };
}

function createRuntimeError(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

async function loadHandler({ file, exportName }: WorkerSetup): Promise<Handler> {
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

async function answer(handler: Handler, { context }: WorkerSetup, request: WorkerRequest): Promise<WorkerMessage> {
  try {
    const result = await handler(JSON.parse(request.event), {
      ...context,
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

if (parentPort !== null) {
  process.on('unhandledRejection', (reason) => {
    throw createRuntimeError('Runtime.UnhandledPromiseRejection', describeError(reason).errorMessage);
  });
  const handler = await loadHandler(workerData);
  parentPort.on('message', (request: WorkerRequest) => void answer(handler, workerData, request).then(say));
  say('ready');
}
