import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import {
  createExecutionEnvironment,
  type ExecutionEnvironment,
  fail,
  type Invocation,
} from './execution-environment.ts';

export interface FunctionDefinition {
  readonly name: string;
  readonly arn: string;
  /** The bundle's file. */
  readonly file: string;
  readonly exportName: string;
  /** The whole environment: nothing of this process's own is passed on. */
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly memoryMegabytes: number;
}

export interface LambdaFunction {
  readonly arn: string;
  /** Waits for a free execution environment. An error of the function is a value, and goes to its log. */
  invoke(event: unknown): Promise<Invocation>;
  /** Lets what runs finish for `graceMilliseconds`, then ends it. */
  close(graceMilliseconds: number): Promise<void>;
}

/** How many events of one function run at a time. Lambda would take a thousand; one laptop is served well by two. */
export const MAX_CONCURRENCY = 2;

/**
 * A function whose environments are worker threads: one is made at once, so that the first event finds its code loaded,
 * and others as they are needed. What it prints is added to `logFile`, and `onLine` hears of each line.
 */
export function createLambdaFunction(
  definition: FunctionDefinition,
  logFile: string,
  onLine: (line: string) => void = () => {},
): LambdaFunction {
  const log = createWriteStream(logFile, { flags: 'a', mode: 0o600 });
  const environments = new Set<ExecutionEnvironment>();
  const idle = [create()];
  const waiting: (() => void)[] = [];
  const running = new Set<Promise<Invocation>>();
  let closed = false;

  function create(): ExecutionEnvironment {
    const environment = createExecutionEnvironment(definition, log, onLine);
    environments.add(environment);
    return environment;
  }

  async function acquire(): Promise<ExecutionEnvironment | null> {
    while (!closed) {
      const environment = idle.pop();
      if (environment?.alive) return environment;
      if (environment !== undefined) environments.delete(environment);
      else if (environments.size < MAX_CONCURRENCY) return create();
      else await new Promise<void>((resolve) => waiting.push(resolve));
    }
    return null;
  }

  async function run(event: unknown): Promise<Invocation> {
    const environment = await acquire();
    if (environment === null) return fail('ServiceException', 'The instance is stopping.');
    const requestId = randomUUID();
    const invocation = await environment.invoke(requestId, JSON.stringify(event));
    idle.push(environment);
    waiting.shift()?.();
    if (invocation.outcome === 'failed') {
      log.write(`${JSON.stringify({ level: 'ERROR', requestId, ...invocation.error })}\n`);
    }
    return invocation;
  }

  return {
    arn: definition.arn,
    invoke(event) {
      const invocation = run(event);
      running.add(invocation);
      return invocation.finally(() => running.delete(invocation));
    },
    async close(graceMilliseconds) {
      closed = true;
      for (const resume of waiting) resume();
      const grace = setTimeout(graceMilliseconds, null, { ref: false });
      await Promise.race([Promise.all(running), grace]);
      await Promise.all([...environments].map((environment) => environment.close()));
      await Promise.all(running);
      await new Promise<void>((resolve) => log.end(resolve));
    },
  };
}
