import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { createLogger } from '../../../shared/lambda/logger.ts';
import { type Problem, problemResponses } from '../../../shared/lambda/problem-responses.ts';
import { HeadlockError } from '../../../shared/model/headlock-error.ts';
import { captureLog } from '../../support/captured-log.ts';

const EVENT = { requestContext: { requestId: 'request-7' } } as APIGatewayProxyEventV2;
const PROBLEMS: Record<'not_there', Problem> = {
  not_there: { status: 404, title: 'Not Found', headers: { 'x-extra': 'yes' } },
};

async function answer(error: unknown) {
  const { log, entries } = captureLog();
  const handler = middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>({ timeoutEarlyInMillis: 0 })
    .use(problemResponses(log, PROBLEMS))
    .handler(() => Promise.reject(error));
  const { body = '', ...response } = (await handler(EVENT, {} as Context)) ?? {};
  return { ...response, problem: JSON.parse(body) as object, entries };
}

describe('problemResponses', () => {
  it("answers the caller's error with its status, code and advice", async () => {
    const found = await answer(new HeadlockError('not_there', 'It is not there. Look elsewhere.', { kind: 'input' }));
    expect(found).toEqual({
      statusCode: 404,
      headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', 'x-extra': 'yes' },
      problem: {
        type: 'urn:headlock:problem:not_there',
        title: 'Not Found',
        status: 404,
        detail: 'It is not there. Look elsewhere.',
        instance: 'request-7',
      },
      entries: [],
    });
  });

  it.each([
    ['an error that nobody foresaw', new TypeError('secret s3cr3t')],
    ['a code that is not in the table', new HeadlockError('toString', 'secret s3cr3t', { kind: 'input' })],
    [
      'a code of the table that is not the fault of the caller',
      new HeadlockError('not_there', 's3cr3t', { kind: 'configuration' }),
    ],
    ['a thrown text', 's3cr3t'],
  ])('answers %s with 500 and without a word about it, and logs it', async (_, error) => {
    const { statusCode, problem, entries } = await answer(error);
    expect(statusCode).toBe(500);
    expect(problem).toMatchObject({ type: 'about:blank', title: 'Internal Server Error', instance: 'request-7' });
    expect(JSON.stringify(problem)).not.toContain('s3cr3t');
    expect(entries).toEqual([expect.objectContaining({ level: 'error', fields: { error, instance: 'request-7' } })]);
  });
});

describe('createLogger', () => {
  it('writes what an error is, its causes, and none of its other fields', () => {
    const lines: string[] = [];
    const logger = createLogger();
    logger.setLogLevel('INFO');
    Object.assign(logger, { console: { error: (line: string) => lines.push(line) } });
    const cause = Object.assign(new Error('inner'), { Item: { secret: 's3cr3t' } });
    const error = new HeadlockError('corrupt_item', 'outer', { kind: 'configuration', cause });
    logger.error('failed', { error: Object.assign(error, { body: 's3cr3t' }) });
    const [line = ''] = lines;
    expect(JSON.parse(line)).toMatchObject({
      level: 'ERROR',
      error: { name: 'HeadlockError', code: 'corrupt_item', message: 'outer', cause: { message: 'inner' } },
    });
    expect(line).not.toContain('s3cr3t');
  });
});
