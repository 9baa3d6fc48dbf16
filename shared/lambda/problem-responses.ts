import type { MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { HeadlockError } from '../model/headlock-error.ts';
import type { Log } from './log.ts';

/** How an error of the caller is answered; the error's own message becomes the detail. */
export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One answer for each code that a function's use cases throw for what the caller did. */
export type Problems<Code extends string> = Readonly<Record<Code, Problem>>;

/** Answers errors as problem details (RFC 9457). Whatever is not the caller's is logged, and answered without saying what it was. */
export function problemResponses<Event extends APIGatewayProxyEventV2, Code extends string>(
  log: Log,
  problems: Problems<Code>,
): MiddlewareObj<Event, APIGatewayProxyStructuredResultV2> {
  return {
    onError(request) {
      const { error } = request;
      const instance = request.event.requestContext.requestId;
      const problem = findProblem(error, problems);
      if (problem === null) log.error('The request failed.', { error, instance });
      const { status, title, detail, headers } = problem ?? UNEXPECTED;
      const type = problem === null ? 'about:blank' : `urn:headlock:problem:${problem.code}`;
      request.response = {
        statusCode: status,
        headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...headers },
        body: JSON.stringify({ type, title, status, detail, instance }),
      };
    },
  };
}

const UNEXPECTED = {
  status: 500,
  title: 'Internal Server Error',
  detail: 'Headlock could not answer. Try again later; its operators find the cause in the log by this instance.',
  headers: {},
};

function findProblem<Code extends string>(
  error: unknown,
  problems: Problems<Code>,
): (Problem & { code: string; detail: string }) | null {
  if (!(error instanceof HeadlockError) || error.kind !== 'input') return null;
  const table: Readonly<Record<string, Problem>> = problems;
  const problem = Object.hasOwn(table, error.code) ? table[error.code] : undefined;
  return problem === undefined ? null : { ...problem, code: error.code, detail: error.message };
}
