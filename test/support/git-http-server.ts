import { spawn } from 'node:child_process';
import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cleanGitEnvironment } from './git-repository.ts';

/** What the client asked for, as the protocol names it. */
export type GitServerCommand = 'advertisement' | 'ls-refs' | 'fetch' | 'receive-pack' | 'other';

export interface GitServerRequest {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly command: GitServerCommand;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** How an answer goes wrong. */
export type GitServerFault =
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** Takes the request and never answers. */
  | { readonly kind: 'hang' }
  /** Closes the connection without an answer. */
  | { readonly kind: 'reset' }
  /** Half of the real answer, then a proper end. */
  | { readonly kind: 'truncated' }
  /** Half of the real answer, then the connection breaks. */
  | { readonly kind: 'cut' }
  /** The real answer with one bit changed, `offset` bytes after the start of the pack. */
  | { readonly kind: 'corrupt-pack'; readonly offset: number }
  /** The start of a pack, then a file without end. */
  | { readonly kind: 'endless-pack' }
  /** Signs of life, a few bytes at a time, and never an end. */
  | { readonly kind: 'drip' }
  /** The real answer, changed at will. */
  | {
      readonly kind: 'rewrite';
      readonly rewrite: (answer: Buffer) => Buffer | string;
      readonly headers?: Readonly<Record<string, string>>;
    };

export interface GitHttpServerOptions {
  /** Demanded of every request; a function says of a request whether its credentials count. */
  readonly credentials?:
    | ((request: GitServerRequest) => boolean)
    | { readonly kind: 'basic'; readonly username: string; readonly password: string }
    | { readonly kind: 'bearer'; readonly token: string };
  /** git configuration of the server side, over what is set here: filters on, pushing on. */
  readonly config?: Readonly<Record<string, string>>;
  /** The protocol version that is spoken whatever the client asks for. */
  readonly version?: 0 | 1;
}

export interface GitHttpServer {
  /** `http://127.0.0.1:<port>`; repositories are `<url>/<folder under root>`. */
  readonly url: string;
  readonly port: number;
  /** Every request so far. */
  readonly requests: readonly GitServerRequest[];
  /** Asked about each request; null (the start) answers as git does. */
  fault: ((request: GitServerRequest) => GitServerFault | null) | null;
  close(): Promise<void>;
}

const DEFAULT_CONFIG = {
  'uploadpack.allowFilter': 'true',
  'http.receivepack': 'true',
  'safe.directory': '*',
};

/** Serves the repositories under `root` with real `git http-backend`, on a free loopback port. */
export async function startGitHttpServer(root: string, options: GitHttpServerOptions = {}): Promise<GitHttpServer> {
  const requests: GitServerRequest[] = [];
  const server = createServer((message, response) => {
    answer(message, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });

  const answer = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = Buffer.concat(await message.toArray());
    const request = describeRequest(message, body);
    requests.push(request);
    if (options.credentials !== undefined && !isAuthorized(request, options.credentials)) {
      response.writeHead(401, { 'www-authenticate': 'Basic' }).end();
      return;
    }
    const fault = handle.fault?.(request) ?? null;
    if (fault === null) await runBackend(root, options, request, response);
    else await misbehave(fault, response, () => captureBackend(root, options, request));
  };

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const handle: GitHttpServer = {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    fault: null,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        server.closeAllConnections();
      }),
  };
  return handle;
}

function describeRequest(message: IncomingMessage, body: Buffer): GitServerRequest {
  const path = message.url ?? '/';
  const command = body.subarray(4, 30).toString('latin1');
  return {
    method: message.method ?? 'GET',
    path,
    headers: message.headers,
    body,
    command: path.includes('/info/refs')
      ? 'advertisement'
      : command.startsWith('command=ls-refs')
        ? 'ls-refs'
        : /^(?:command=fetch|want )/.test(command)
          ? 'fetch'
          : path.endsWith('/git-receive-pack')
            ? 'receive-pack'
            : 'other',
  };
}

function isAuthorized(
  request: GitServerRequest,
  credentials: NonNullable<GitHttpServerOptions['credentials']>,
): boolean {
  if (typeof credentials === 'function') return credentials(request);
  const expected =
    credentials.kind === 'basic'
      ? `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`
      : `Bearer ${credentials.token}`;
  const [given, wanted] = [Buffer.from(request.headers.authorization ?? ''), Buffer.from(expected)];
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

interface BackendAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

function spawnBackend(root: string, { config, version }: GitHttpServerOptions, request: GitServerRequest) {
  const [path = '', query = ''] = request.path.split('?', 2);
  const settings = Object.entries({ ...DEFAULT_CONFIG, ...config });
  const child = spawn('git', ['http-backend'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {
      ...cleanGitEnvironment(root),
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_PROTOCOL: version === undefined ? String(request.headers['git-protocol'] ?? '') : `version=${version}`,
      REQUEST_METHOD: request.method,
      PATH_INFO: decodeURIComponent(path),
      QUERY_STRING: query,
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      CONTENT_LENGTH: String(request.body.length),
      HTTP_CONTENT_ENCODING: String(request.headers['content-encoding'] ?? ''),
      REMOTE_ADDR: '127.0.0.1',
      GIT_CONFIG_COUNT: String(settings.length),
      ...Object.fromEntries(
        settings.flatMap(([key, value], index) => [
          [`GIT_CONFIG_KEY_${index}`, key],
          [`GIT_CONFIG_VALUE_${index}`, value],
        ]),
      ),
    },
  });
  child.stdin.on('error', () => {}); // http-backend may refuse before it has read the body.
  child.stdin.end(request.body);
  return child;
}

/** Streams the answer of `git http-backend`, as a web server does. */
async function runBackend(
  root: string,
  options: GitHttpServerOptions,
  request: GitServerRequest,
  response: ServerResponse,
): Promise<void> {
  const child = spawnBackend(root, options, request);
  response.on('close', () => child.kill());
  let head: Buffer | null = Buffer.alloc(0);
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    if (head === null) {
      if (!response.write(chunk)) await drained(response);
      continue;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) continue;
    const { status, headers } = parseCgiHead(head.subarray(0, end).toString('latin1'));
    response.writeHead(status, headers);
    response.write(head.subarray(end + 4));
    head = null;
  }
  response.end();
}

async function captureBackend(
  root: string,
  options: GitHttpServerOptions,
  request: GitServerRequest,
): Promise<BackendAnswer> {
  const output = Buffer.concat(await spawnBackend(root, options, request).stdout.toArray());
  const end = output.indexOf('\r\n\r\n');
  return { ...parseCgiHead(output.subarray(0, end).toString('latin1')), body: output.subarray(end + 4) };
}

function parseCgiHead(text: string): Omit<BackendAnswer, 'body'> {
  const fields = text.split('\r\n').map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  const { status = '200', ...headers } = Object.fromEntries(fields);
  return { status: Number.parseInt(status, 10), headers };
}

async function misbehave(
  fault: GitServerFault,
  response: ServerResponse,
  realAnswer: () => Promise<BackendAnswer>,
): Promise<void> {
  switch (fault.kind) {
    case 'status':
      response.writeHead(fault.status, fault.headers).end();
      return;
    case 'hang':
      return;
    case 'reset':
      response.destroy();
      return;
    case 'endless-pack':
      response.writeHead(200, { 'content-type': 'application/x-git-upload-pack-result' });
      // One object is announced, a file of 2^32 bytes; zlib takes stored blocks for ever.
      response.write('000dpackfile\n0019\x01PACK\0\0\0\x02\0\0\0\x01\xb0\x80\x80\x80\x80\x01\x78\x01', 'latin1');
      while (!response.destroyed) {
        if (!response.write(`fff0\x01\0\xe6\xff\x19\0${'x'.repeat(65_510)}`, 'latin1')) await drained(response);
      }
      return;
    case 'drip':
      response.writeHead(200, { 'content-type': 'application/x-git-upload-pack-result' });
      response.write('000dpackfile\n');
      while (!response.destroyed) {
        response.write('0006\x02.');
        await new Promise((resolve) => setImmediate(resolve));
      }
      return;
    default: {
      const { status, headers, body } = await realAnswer();
      const half = body.subarray(0, Math.floor(body.length / 2));
      response.writeHead(status, fault.kind === 'rewrite' ? { ...headers, ...fault.headers } : headers);
      if (fault.kind === 'cut') response.write(half, () => response.destroy());
      else if (fault.kind === 'truncated') response.end(half);
      else if (fault.kind === 'rewrite') response.end(fault.rewrite(body));
      else response.end(flipBit(body, body.indexOf('PACK') + fault.offset));
    }
  }
}

/** Until the client has taken what was written, or has gone. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      response.off('drain', finish).off('close', finish);
      resolve();
    };
    response.on('drain', finish).on('close', finish);
  });
}

function flipBit(bytes: Buffer, offset: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[offset] = (changed[offset] ?? 0) ^ 0x10;
  return changed;
}
