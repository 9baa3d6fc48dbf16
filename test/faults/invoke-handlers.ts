import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SQSClient } from '@aws-sdk/client-sqs';
import { PROJECT } from '../../infra/local/connection.ts';
import type { Invocation } from '../../infra/local/runtime/execution-environment.ts';
import { fail } from '../../infra/local/runtime/execution-environment.ts';
import { AWS_CLIENT_SETTINGS } from '../../shared/aws/client-settings.ts';

export type Handler = (event: unknown) => Promise<Invocation>;

/** Nothing is logged: a matrix of faults would fill the screen. */
const QUIET = { POWERTOOLS_LOG_LEVEL: process.env.FAULTS_LOG ?? 'SILENT', POWERTOOLS_METRICS_DISABLED: 'true' };

let loaded = 0;

/**
 * Loads a function as a fresh execution environment does: its own module with its own clients and caches. Functions share this
 * process, so only one may run at a time.
 * @param environment - all that the function finds in its environment
 */
export function loadFunction(name: string, environment: Readonly<Record<string, string>>): Handler {
  const file = pathToFileURL(join(PROJECT, 'functions', name, 'handler.ts')).href;
  const variables = { ...environment, ...QUIET };
  loaded += 1;
  const url = `${file}?environment=${loaded}`;
  return async (event) => {
    // The SDK reads it when a client is first used.
    Object.assign(process.env, variables);
    const { handler } = (await import(/* @vite-ignore */ url)) as { handler(event: unknown, context: object): unknown };
    const context = {
      functionName: name,
      functionVersion: '$LATEST',
      memoryLimitInMB: '512',
      invokedFunctionArn: `arn:aws:lambda:eu-central-1:000000000000:function:${name}`,
      awsRequestId: `${name}-${loaded}`,
      getRemainingTimeInMillis: () => 60_000,
    };
    try {
      return { outcome: 'returned', payload: (await handler(event, context)) ?? null };
    } catch (error) {
      const { name: type, message } = error as Error;
      return fail(type, message);
    }
  };
}

/** What a request may take, of clients that are made while it says so; null: as long as always. */
export const patience: { answerMs: number | null } = { answerMs: null };

/** From now on clients try again as they always do, and wait a moment where they would wait for seconds. */
export async function hurryClients(): Promise<void> {
  const probe = new SQSClient({ ...AWS_CLIENT_SETTINGS, region: 'eu-central-1' });
  const { constructor: Strategy } = await probe.config.retryStrategy();
  probe.destroy();
  const { maxAttempts } = AWS_CLIENT_SETTINGS;
  const backoff = { setDelayBase: () => {}, computeNextBackoffDelay: () => 1 };
  // Each client has a strategy of its own, since it counts what its service can bear.
  Object.defineProperty(AWS_CLIENT_SETTINGS, 'retryStrategy', {
    configurable: true,
    enumerable: true,
    get: () => Reflect.construct(Strategy, [{ maxAttempts, backoff }]),
  });
  const { requestTimeout } = AWS_CLIENT_SETTINGS.requestHandler;
  Object.defineProperty(AWS_CLIENT_SETTINGS.requestHandler, 'requestTimeout', {
    configurable: true,
    enumerable: true,
    get: () => patience.answerMs ?? requestTimeout,
  });
}
