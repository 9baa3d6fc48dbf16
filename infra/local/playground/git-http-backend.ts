import { spawn } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';

export interface GitHttpRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Holds the repositories. */
  readonly folder: string;
  /** `/<name>.git/<service>` */
  readonly path: string;
  readonly query: string;
  readonly environment: Readonly<Record<string, string>>;
}

const MAX_HEAD_BYTES = 64 * 1024;

/** Has `git http-backend` answer a request, as a web server does by CGI (RFC 3875). Resolves when git has ended. */
export async function runGitHttpBackend(call: GitHttpRequest): Promise<void> {
  const { request, response } = call;
  const child = spawn('git', ['http-backend'], { env: createCgiEnvironment(call), stdio: ['pipe', 'pipe', 'ignore'] });
  const ended = new Promise<void>((resolve) => child.on('error', () => resolve()).on('close', () => resolve()));
  response.on('close', () => child.stdout.destroy());
  // git may refuse before it has read everything, and clients go away: neither is a fault of this program.
  await Promise.allSettled([pipeline(request, child.stdin), passOn(child.stdout, response)]);
  if (!response.headersSent) response.writeHead(502);
  response.end();
  await ended;
}

async function passOn(output: AsyncIterable<Buffer>, response: ServerResponse): Promise<void> {
  let head = Buffer.alloc(0);
  for await (const chunk of output) {
    if (response.headersSent) {
      if (!response.write(chunk))
        await new Promise((resolve) => response.once('drain', resolve).once('close', resolve));
      continue;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0 && head.length > MAX_HEAD_BYTES) return;
    if (end >= 0) writeHead(response, head, end);
  }
}

function writeHead(response: ServerResponse, head: Buffer, end: number): void {
  const lines = head.toString('latin1', 0, end).split('\r\n');
  const { status = '200', ...headers } = Object.fromEntries(lines.map(splitField));
  response.writeHead(Number.parseInt(status, 10), headers);
  response.write(head.subarray(end + 4));
}

function splitField(line: string): [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

function createCgiEnvironment({ request, folder, path, query, environment }: GitHttpRequest): Record<string, string> {
  const { 'content-type': type = '', 'content-length': length, 'content-encoding': encoding = '' } = request.headers;
  return {
    ...environment,
    GIT_PROJECT_ROOT: folder,
    GIT_HTTP_EXPORT_ALL: '1',
    GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
    REQUEST_METHOD: request.method ?? '',
    PATH_INFO: path,
    QUERY_STRING: query,
    CONTENT_TYPE: type,
    ...(length === undefined ? {} : { CONTENT_LENGTH: length }),
    HTTP_CONTENT_ENCODING: encoding,
    REMOTE_ADDR: '127.0.0.1',
  };
}
