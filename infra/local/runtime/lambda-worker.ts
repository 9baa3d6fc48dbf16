/** The inside of one execution environment: runs in a worker thread, loads one handler and answers one event at a time. */
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import type { Invocation } from './execution-environment.ts';
import type { FunctionDefinition } from './lambda-function.ts';

export interface WorkerRequest {
  readonly requestId: string;
  /** JSON. */
  readonly event: string;
  /** Milliseconds since 1970. */
  readonly deadline: number;
}

type Handler = (event: unknown, context: object) => unknown;

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

async function answer(handler: Handler, { requestId, event, deadline }: WorkerRequest): Promise<Invocation> {
  try {
    const result = await handler(JSON.parse(event), {
      functionName: definition.name,
      functionVersion: '$LATEST',
      invokedFunctionArn: definition.arn,
      memoryLimitInMB: String(definition.memoryMegabytes),
      awsRequestId: requestId,
      getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    });
    return { outcome: 'returned', payload: JSON.parse(JSON.stringify(result) ?? 'null') };
  } catch (thrown) {
    const { name, message, stack = '' } = thrown instanceof Error ? thrown : new Error(String(thrown));
    return { outcome: 'failed', error: { errorType: name, errorMessage: message, trace: stack.split('\n') } };
  }
}

/** Says it to the other side, when that has all that was printed before. */
function say(message: Invocation): void {
  const post = () => parentPort?.postMessage(message);
  // Most requests print nothing: then there is nothing to wait for.
  if (process.stdout.writableLength === 0) post();
  else process.stdout.write('', post);
}

process.on('unhandledRejection', (reason) => {
  throw createRuntimeError('Runtime.UnhandledPromiseRejection', String(reason));
});
const definition: FunctionDefinition = workerData;
const handler = await loadHandler(definition);
parentPort?.on('message', (request: WorkerRequest) => void answer(handler, request).then(say));
say({ outcome: 'returned', payload: 'loaded' });
