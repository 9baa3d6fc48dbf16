import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LoopbackServer, startLoopbackServer } from '../../../../infra/local/loopback-server.ts';
import { createHttpGateway } from '../../../../infra/local/runtime/http-gateway.ts';
import { createLambdaFunction, type LambdaFunction } from '../../../../infra/local/runtime/lambda-function.ts';

const HANDLERS = `
  export const echo = async (event) => ({ statusCode: 200, headers: { 'x-number': 1 }, body: JSON.stringify(event) });
  export const plain = async () => ({ statusCode: 200, headers: { 'content-type': 'application/json' }, body: '{"answer":42}' });
  export const text = async () => ({ statusCode: 201, body: 'made' });
  export const unchanged = async () => ({ statusCode: 304, headers: { etag: '"1"' } });
  export const malformed = async () => ({ statusCode: 'OK' });
  export const throwing = async () => { throw new Error('a secret of the inside'); };
`;

const ROUTES: Readonly<Record<string, string>> = {
  'POST /webhooks/{source}': 'echo',
  'GET /v1/repositories/{repository}/trusted-revision': 'echo',
  'GET /v1/repositories/known/{name}': 'text',
  'GET /v1/repositories/known/trusted-revision': 'plain',
  'GET /': 'echo',
  'GET /unchanged': 'unchanged',
  'GET /malformed': 'malformed',
  'GET /throwing': 'throwing',
};

let folder: string;
let functions: readonly LambdaFunction[];
let server: LoopbackServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hl-gateway-'));
  const file = join(folder, 'handler.mjs');
  await writeFile(file, HANDLERS);
  const routes = Object.entries(ROUTES).map(([key, exportName]) => ({
    key,
    target: createLambdaFunction(
      { name: key, arn: key, file, exportName, environment: {}, timeoutSeconds: 10, memoryMegabytes: 128 },
      join(folder, 'functions.log'),
    ),
  }));
  functions = routes.map(({ target }) => target);
  server = await startLoopbackServer(0);
  server.serve = createHttpGateway(routes);
});

afterAll(async () => {
  await server.close();
  await Promise.all(functions.map((one) => one.close(0)));
  await rm(folder, { recursive: true, force: true });
});

function post(body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${server.url}/webhooks/acme`, { method: 'POST', body, headers });
}

interface HttpEvent {
  readonly headers: Readonly<Record<string, string>>;
  readonly requestContext: { readonly timeEpoch: number };
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

async function eventOf(response: Response): Promise<HttpEvent> {
  expect(response.status).toBe(200);
  return (await response.json()) as HttpEvent;
}

describe('createHttpGateway', () => {
  it('makes an event of payload format 2.0', async () => {
    const path = '/v1/repositories/a%20b%2Fc/trusted-revision?branch=feature%2Fx&tag=1&tag=2';
    const begun = Date.now();
    const response = await fetch(server.url + path, {
      headers: [
        ['X-Twice', 'one'],
        ['X-Twice', 'two'],
        ['User-Agent', 'tester'],
      ],
    });
    const event = await eventOf(response);
    expect(event).toMatchObject({
      version: '2.0',
      routeKey: 'GET /v1/repositories/{repository}/trusted-revision',
      rawPath: '/v1/repositories/a b/c/trusted-revision',
      rawQueryString: 'branch=feature%2Fx&tag=1&tag=2',
      queryStringParameters: { branch: 'feature/x', tag: '1,2' },
      pathParameters: { repository: 'a b/c' },
      requestContext: {
        http: { method: 'GET', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'tester' },
        stage: '$default',
      },
      isBase64Encoded: false,
    });
    expect(event).not.toHaveProperty('body');
    expect(event.headers).toMatchObject({ 'x-twice': expect.stringMatching(/^one, ?two$/) });
    expect(event.requestContext.timeEpoch).toBeGreaterThanOrEqual(begun);
    expect(event.requestContext.timeEpoch).toBeLessThanOrEqual(Date.now());
  });

  it.each([
    ['application/json', false],
    ['application/json; charset=utf-8', false],
    ['text/plain', false],
    ['application/xml', false],
    ['application/x-www-form-urlencoded', true],
    ['application/octet-stream', true],
    ['application/vnd.github+json', true],
    ['', true],
  ])('hands over a body of type "%s" in base64: %s', async (type, isBase64Encoded) => {
    const body = new TextEncoder().encode('{"a":"ü"}');
    const event = await eventOf(await post(body, type === '' ? {} : { 'content-type': type }));
    const given = Buffer.from(event.body, isBase64Encoded ? 'base64' : 'utf8');
    expect([event.isBase64Encoded, given.toString()]).toEqual([isBase64Encoded, '{"a":"ü"}']);
  });

  it('keeps every byte of a binary body', async () => {
    const body = Uint8Array.from({ length: 256 }, (_, index) => index);
    const event = await eventOf(await post(body, { 'content-type': 'application/octet-stream' }));
    expect(new Uint8Array(Buffer.from(event.body, 'base64'))).toEqual(body);
  });

  it('sends the headers of the answer', async () => {
    const response = await post('{}');
    expect(response.headers.get('x-number')).toBe('1');
  });

  it.each([
    ['/v1/repositories/known/trusted-revision', 200, 'application/json', '{"answer":42}'],
    ['/v1/repositories/known/other', 201, 'text/plain;charset=UTF-8', 'made'],
    ['/unchanged', 304, null, ''],
    ['/malformed', 500, 'application/json', '{"message":"Internal Server Error"}'],
    ['/throwing', 500, 'application/json', '{"message":"Internal Server Error"}'],
    ['/nothing', 404, 'application/json', '{"message":"Not Found"}'],
    ['/v1/repositories//trusted-revision', 404, 'application/json', '{"message":"Not Found"}'],
  ])('GET %s answers %i %s', async (path, status, type, body) => {
    const response = await fetch(server.url + path);
    const text = Buffer.from(await response.arrayBuffer()).toString('latin1');
    expect([response.status, response.headers.get('content-type'), text]).toEqual([status, type, body]);
  });

  it('knows a route by its method', async () => {
    expect((await fetch(`${server.url}/webhooks/acme`)).status).toBe(404);
  });

  it.each([
    ['over the 6 MB of Lambda', 7, 'application/json'],
    ['that is so only in base64', 5, 'application/octet-stream'],
  ])('answers 413 to a body %s', async (_, mebibytes, type) => {
    const response = await post(new Uint8Array(mebibytes * 1024 * 1024).fill(0x20), { 'content-type': type });
    expect([response.status, await response.json()]).toEqual([413, { message: 'Request Entity Too Large' }]);
  });

  it('takes a body of 4 MiB', async () => {
    const response = await post(new Uint8Array(4 * 1024 * 1024), { 'content-type': 'application/octet-stream' });
    expect((await eventOf(response)).body).toHaveLength(5_592_408);
  });

  it('answers 400 to a path that is none, and goes on after a client that breaks off', async () => {
    const { port } = new URL(server.url);
    const status = await new Promise((resolve) => {
      request({ port, path: '//[' }, (response) => resolve(response.resume().statusCode)).end();
    });
    expect([400, 404]).toContain(status);
    await new Promise((resolve) => {
      const broken = request({ port, path: '/webhooks/acme', method: 'POST', headers: { 'content-length': '100' } });
      broken.on('error', resolve);
      broken.write('{', () => broken.destroy(new Error('gone')));
    });
    expect((await post('{}')).status).toBe(200);
  });
});
