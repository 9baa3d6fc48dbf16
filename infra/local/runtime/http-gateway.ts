import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import type { RequestListener } from '../loopback-server.ts';
import { createHttpEvent } from './http-event.ts';
import type { LambdaFunction } from './lambda-function.ts';

/** Lambda's limit for events, and so more than a body may have. API Gateway's own is higher. */
const MAX_EVENT_BYTES = 6 * 1024 * 1024;

/** A route of an HTTP API, as `POST /webhooks/{source}`. */
export interface HttpRoute {
  readonly key: string;
  readonly target: LambdaFunction;
}

/** The routes that can be matched here: no `ANY`, no `$default`, no greedy variable. */
export const ROUTE_KEY = /^[A-Z]{3,7} (\/|(\/([\w.-]+|\{\w+\}))+)$/;

const RESPONSE = z.object({
  statusCode: z.int().min(200).max(599),
  headers: z.record(z.string(), z.coerce.string()).default({}),
  body: z.string().default(''),
});

type GatewayResponse = z.infer<typeof RESPONSE>;

/** An HTTP API with Lambda proxy integrations: Lambda's limits, API Gateway's answers. */
export function createHttpGateway(routes: readonly HttpRoute[]): RequestListener {
  // The most specific route comes first: API Gateway prefers literal segments to variables.
  const sorted = routes.toSorted((a, b) => a.key.split('{').length - b.key.split('{').length);
  const compiled = sorted.map((route) => ({ ...route, pattern: compileRouteKey(route.key) }));
  return async (request, response, url) => {
    const body = await readBody(request);
    for (const { key, pattern, target } of compiled) {
      const match = pattern.exec(`${request.method} ${url.pathname}`);
      if (match === null) continue;
      if (body === null) return send(response, say(413, 'Request Entity Too Large'));
      const event = createHttpEvent({ request, url, body, routeKey: key, pathParameters: match.groups ?? {} });
      return send(response, await call(target, event));
    }
    send(response, say(404, 'Not Found'));
  };
}

/** What matches `<method> <path>`: its groups are the key's variables, as they stand in the path. */
function compileRouteKey(key: string): RegExp {
  return new RegExp(`^${key.replaceAll('.', '\\.').replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`);
}

async function call(target: LambdaFunction, event: object): Promise<GatewayResponse> {
  if (Buffer.byteLength(JSON.stringify(event)) > MAX_EVENT_BYTES) return say(413, 'Request Entity Too Large');
  const invocation = await target.invoke(event);
  const response = RESPONSE.safeParse(invocation.outcome === 'returned' ? invocation.payload : null);
  return response.success ? response.data : say(500, 'Internal Server Error');
}

function say(statusCode: number, message: string): GatewayResponse {
  return { statusCode, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ message }) };
}

/** @returns null past the limit: the rest is read and dropped, so that the client sees the answer. */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= MAX_EVENT_BYTES) chunks.push(chunk);
  }
  return length <= MAX_EVENT_BYTES ? Buffer.concat(chunks) : null;
}

function send(response: ServerResponse, { statusCode, headers, body }: GatewayResponse): void {
  if (body !== '') response.setHeader('content-type', 'text/plain;charset=UTF-8');
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  // Without a length the answer would go out in chunks.
  if (statusCode !== 304) response.setHeader('content-length', Buffer.byteLength(body));
  response.writeHead(statusCode).end(body);
}
