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

/** Has `git http-backend` answer a request, as a web server does by CGI (RFC 3875). Resolves when git has ended. */
export async function runGitHttpBackend(call: GitHttpRequest): Promise<void> {
  const { request, response } = call;
  const child = spawn('git', ['http-backend'], { env: createCgiEnvironment(call), stdio: ['pipe', 'pipe', 'ignore'] });
  const ended = new Promise<void>((resolve) => child.on('error', () => resolve()).on('close', () => resolve()));
  // git may refuse before it has read everything, and clients go away: neither is a fault of this program.
  await Promise.allSettled([
    pipeline(request, child.stdin),
    pipeline(child.stdout, (output) => readBody(output, response), response),
  ]);
  await ended;
}

/** Passes the head on to the response, and gives the rest. */
async function* readBody(output: AsyncIterable<Buffer>, response: ServerResponse): AsyncGenerator<Buffer> {
  let head = Buffer.alloc(0);
  for await (const chunk of output) {
    if (response.headersSent) {
      yield chunk;
      continue;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) continue;
    const fields = head.toString('latin1', 0, end).split('\r\n');
    const { Status = '200', ...headers } = Object.fromEntries(fields.map((field) => field.split(': ', 2)));
    response.writeHead(Number.parseInt(Status, 10), headers);
    yield head.subarray(end + 4);
  }
  if (!response.headersSent) response.writeHead(502);
}

function createCgiEnvironment({ request, folder, path, query, environment }: GitHttpRequest): NodeJS.ProcessEnv {
  const { headers, method } = request;
  return {
    ...environment,
    GIT_PROJECT_ROOT: folder,
    GIT_HTTP_EXPORT_ALL: '1',
    GIT_PROTOCOL: String(headers['git-protocol'] ?? ''),
    REQUEST_METHOD: method,
    PATH_INFO: path,
    QUERY_STRING: query,
    CONTENT_TYPE: headers['content-type'],
    // Without CONTENT_LENGTH git reads to the end of its input. With one it reads for ever where the client went away before.
    HTTP_CONTENT_ENCODING: headers['content-encoding'],
  };
}
