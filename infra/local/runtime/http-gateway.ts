import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import type { Invocation } from './execution-environment.ts';
import { createHttpEvent } from './http-event.ts';
import { compareRoutes, type HttpRoute, matchRouteKey } from './http-route.ts';
import { type LambdaFunction, MAX_EVENT_BYTES } from './lambda-function.ts';

export type RequestListener = (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<void>;

const MAX_BODY_BYTES = 10 * 1024 * 1024;
const INTEGRATION_TIMEOUT_MILLISECONDS = 30_000;

const RESPONSE = z.object({
  statusCode: z.number().int().min(200).max(599),
  headers: z.record(z.string(), z.coerce.string()).default({}),
  cookies: z.array(z.string()).default([]),
  body: z.string().default(''),
  isBase64Encoded: z.boolean().default(false),
});

type GatewayResponse = z.infer<typeof RESPONSE>;

/** An HTTP API with Lambda proxy integrations: API Gateway's limits, timeouts and answers. */
export function createHttpGateway(routes: readonly HttpRoute<LambdaFunction>[]): RequestListener {
  const sorted = routes.toSorted(compareRoutes);
  return async (request, response, url) => {
    const body = await readBody(request);
    for (const { key, target } of sorted) {
      const pathParameters = matchRouteKey(key, request.method ?? '', url.pathname);
      if (pathParameters === null) continue;
      if (body === null) return send(response, say(413, 'Request Entity Too Large'));
      return send(response, await call(target, createHttpEvent({ request, url, body, routeKey: key, pathParameters })));
    }
    send(response, say(404, 'Not Found'));
  };
}

async function call(target: LambdaFunction, event: object): Promise<GatewayResponse> {
  if (Buffer.byteLength(JSON.stringify(event)) > MAX_EVENT_BYTES) return say(413, 'Request Entity Too Large');
  const timer = new AbortController();
  const timeout = setTimeout(INTEGRATION_TIMEOUT_MILLISECONDS, null, { signal: timer.signal });
  const invocation = await Promise.race([target.invoke(event), timeout]);
  timer.abort();
  return invocation === null ? say(503, 'Service Unavailable') : interpret(invocation);
}

function interpret(invocation: Invocation): GatewayResponse {
  if (invocation.outcome === 'failed') return say(500, 'Internal Server Error');
  const { payload } = invocation;
  if (typeof payload === 'object' && payload !== null && 'statusCode' in payload) {
    const response = RESPONSE.safeParse(payload);
    return response.success ? response.data : say(500, 'Internal Server Error');
  }
  return { ...say(200, ''), body: typeof payload === 'string' ? payload : JSON.stringify(payload) };
}

function say(statusCode: number, message: string): GatewayResponse {
  const headers = { 'content-type': 'application/json' };
  return { statusCode, headers, cookies: [], body: JSON.stringify({ message }), isBase64Encoded: false };
}

/** @returns null past the limit: the rest is read and dropped, so that the client sees the answer. */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return length <= MAX_BODY_BYTES ? Buffer.concat(chunks) : null;
}

function send(
  response: ServerResponse,
  { statusCode, headers, cookies, body, isBase64Encoded }: GatewayResponse,
): void {
  if (body !== '') response.setHeader('content-type', 'text/plain;charset=UTF-8');
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (cookies.length > 0) response.setHeader('set-cookie', cookies);
  response.writeHead(statusCode).end(Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'));
}
