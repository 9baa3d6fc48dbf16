import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createLambdaFunction,
  type FunctionDefinition,
  type LambdaFunction,
} from '../../../../infra/local/runtime/lambda-function.ts';

let folder: string;
let functions: LambdaFunction[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hl-lambda-'));
  functions = [];
});

afterEach(async () => {
  await Promise.all(functions.map((one) => one.close(0)));
  await rm(folder, { recursive: true, force: true });
});

/** A function with the given source. */
async function createFunction(source: string, overrides: Partial<FunctionDefinition> = {}): Promise<LambdaFunction> {
  const file = join(folder, 'handler.mjs');
  await writeFile(file, source);
  const definition: FunctionDefinition = {
    name: 'example',
    arn: 'arn:aws:lambda:eu-central-1:000000000000:function:example',
    file,
    exportName: 'handler',
    environment: { GREETING: 'hello' },
    timeoutSeconds: 10,
    memoryMegabytes: 128,
    ...overrides,
  };
  const created = createLambdaFunction(definition, join(folder, 'example.log'));
  functions.push(created);
  return created;
}

async function errorTypeOf(lambda: LambdaFunction, event: unknown = {}): Promise<string> {
  const invocation = await lambda.invoke(event);
  return invocation.outcome === 'failed' ? invocation.error.errorType : 'none';
}

describe('createLambdaFunction', () => {
  it('gives the event and a context, and returns the answer', async () => {
    const lambda = await createFunction(`export const handler = async (event, context) => ({
      event, name: context.functionName, arn: context.invokedFunctionArn, memory: context.memoryLimitInMB,
      id: context.awsRequestId, remaining: context.getRemainingTimeInMillis() })`);
    const { payload } = (await lambda.invoke({ a: [1, 'ü'] })) as { payload: { id: string; remaining: number } };
    expect(payload).toMatchObject({ event: { a: [1, 'ü'] }, name: 'example', arn: lambda.arn, memory: '128' });
    expect(payload.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(payload.remaining).toSatisfy((left: number) => left > 0 && left <= 10_000);
  });

  it('passes nothing of this process on but what it was given', async () => {
    const lambda = await createFunction(`export const handler = async () => process.env`);
    expect(await lambda.invoke({})).toEqual({ outcome: 'returned', payload: { GREETING: 'hello' } });
  });

  it('answers null for undefined, as JSON has none', async () => {
    const lambda = await createFunction(`export const handler = async () => undefined`);
    expect(await lambda.invoke({})).toEqual({ outcome: 'returned', payload: null });
  });

  it('keeps an environment for the next event, and takes a second one only for a concurrent event', async () => {
    const lambda = await createFunction(`import { threadId } from 'node:worker_threads';
      let count = 0;
      let running = 0;
      export const handler = async ({ wait }) => {
        count += 1;
        running += 1;
        await new Promise((resolve) => setTimeout(resolve, wait));
        if (running-- !== 1) throw new Error('two at a time');
        return [threadId, count];
      }`);
    const invoke = async (wait: number): Promise<[number, number]> =>
      ((await lambda.invoke({ wait })) as { payload: [number, number] }).payload;
    const [first] = await invoke(0);
    expect(await invoke(0)).toEqual([first, 2]);
    const answers = await Promise.all([invoke(500), invoke(500), invoke(0), invoke(0)]);
    expect(new Set(answers.map(([thread]) => thread)).size).toBe(2);
  });

  it('reports an error of the handler, and logs it', async () => {
    const lambda = await createFunction(`export const handler = async () => { throw new RangeError('too far'); }`);
    const invocation = await lambda.invoke({});
    expect(invocation).toMatchObject({
      outcome: 'failed',
      error: { errorType: 'RangeError', errorMessage: 'too far' },
    });
    await lambda.close(0);
    expect(await readFile(join(folder, 'example.log'), 'utf8')).toMatch(
      /^\{"level":"ERROR","requestId":"[0-9a-f-]{36}","errorType":"RangeError"/,
    );
  });

  it('adds what the function prints to its log', async () => {
    const lambda = await createFunction(
      `export const handler = async ({ n }) => { console.log(JSON.stringify({ n })); }`,
    );
    await lambda.invoke({ n: 1 });
    await lambda.invoke({ n: 2 });
    await lambda.close(1000);
    expect(await readFile(join(folder, 'example.log'), 'utf8')).toBe('{"n":1}\n{"n":2}\n');
  });

  it.each([
    [
      'an uncaught error',
      `export const handler = () => new Promise(() => setTimeout(() => { throw new TypeError('later'); }, 5))`,
      'TypeError',
    ],
    [
      'an unhandled rejection',
      `export const handler = () => { Promise.reject(new Error('lost')); return new Promise(() => {}); }`,
      'Runtime.UnhandledPromiseRejection',
    ],
    ['process.exit', `export const handler = async () => process.exit(3)`, 'Runtime.ExitError'],
    ['an error while loading', `throw new SyntaxError('bad'); export const handler = async () => 1`, 'SyntaxError'],
    ['a missing handler', `export const other = 1`, 'Runtime.HandlerNotFound'],
    [
      'a callback handler',
      `export const handler = (event, context, callback) => callback(null, 1)`,
      'Runtime.CallbackHandlerDeprecated',
    ],
  ])('reports %s', async (_, source, errorType) => {
    expect(await errorTypeOf(await createFunction(source))).toBe(errorType);
  });

  it('reports a file that is not there', async () => {
    const lambda = await createFunction('', { file: join(folder, 'missing.mjs') });
    expect(await lambda.invoke({})).toMatchObject({ outcome: 'failed', error: { errorMessage: /Cannot find module/ } });
  });

  it('ends a handler at its timeout, even one that never yields, and serves the next event', async () => {
    const lambda = await createFunction(
      `export const handler = async ({ spin }) => { while (spin) {} return 'awake'; }`,
      { timeoutSeconds: 2 },
    );
    expect(await errorTypeOf(lambda, { spin: true })).toBe('Sandbox.Timedout');
    expect(await lambda.invoke({ spin: false })).toEqual({ outcome: 'returned', payload: 'awake' });
  });

  it('serves the next event after a crash', async () => {
    const lambda = await createFunction(`export const handler = async ({ crash }) => crash ? process.exit(1) : 'well'`);
    expect(await errorTypeOf(lambda, { crash: true })).toBe('Runtime.ExitError');
    expect(await lambda.invoke({})).toEqual({ outcome: 'returned', payload: 'well' });
  });

  it('lets what runs finish when it closes, and takes no more', async () => {
    const source = `export const handler = ({ wait }) => new Promise((resolve) => setTimeout(resolve, wait, 'done'))`;
    const lambda = await createFunction(source);
    const running = [lambda.invoke({ wait: 50 }), lambda.invoke({ wait: 50 })];
    const queued = lambda.invoke({ wait: 0 });
    await lambda.close(100_000);
    for (const each of running) expect(await each).toEqual({ outcome: 'returned', payload: 'done' });
    expect(await queued).toMatchObject({ outcome: 'failed', error: { errorType: 'ServiceException' } });
    expect(await errorTypeOf(lambda)).toBe('ServiceException');
  });

  it('ends what takes longer than its grace', async () => {
    const lambda = await createFunction(
      `export const handler = () => new Promise(() => setTimeout(() => {}, 600_000))`,
    );
    const long = lambda.invoke({});
    await lambda.close(0);
    expect(await long).toMatchObject({ outcome: 'failed', error: { errorType: 'Runtime.ExitError' } });
  });
});
