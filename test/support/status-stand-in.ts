import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A status as a forge took it. */
export interface TakenStatus {
  readonly forge: 'github' | 'gitlab' | 'gitea';
  /** `owner/name`, or GitLab's path of a project. */
  readonly project: string;
  readonly commit: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** How a call goes wrong. */
export type StandInFault =
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** Takes the request and never answers. */
  | { readonly kind: 'hang' }
  /** Closes the connection without an answer. */
  | { readonly kind: 'reset' }
  /** Takes the status, and answers without end. */
  | { readonly kind: 'endless' };

/** The calls by which GitHub, GitLab and Gitea take a commit's status, on one port, as their documentation has them. */
export interface StatusStandIn {
  /** `http://127.0.0.1:<port>`; the APIs are below `/api/v3`, `/api/v4` and `/api/v1`. */
  readonly url: string;
  /** In the order in which they came. */
  readonly taken: readonly TakenStatus[];
  /** `METHOD path` of every request, and its headers. */
  readonly requests: readonly { readonly line: string; readonly headers: IncomingHttpHeaders }[];
  /** Tokens that count. */
  tokens: readonly string[];
  /** Asked before each request; null (the start) answers as a forge does. */
  fault: ((line: string) => StandInFault | null) | null;
  close(): Promise<void>;
}

export async function startStatusStandIn(): Promise<StatusStandIn> {
  const taken: TakenStatus[] = [];
  const requests: { line: string; headers: IncomingHttpHeaders }[] = [];

  const answer = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const text = Buffer.concat(await message.toArray()).toString('utf8');
    const line = `${message.method} ${message.url}`;
    requests.push({ line, headers: message.headers });
    const fault = standIn.fault?.(line) ?? null;
    switch (fault?.kind) {
      case 'status':
        return void response.writeHead(fault.status, fault.headers).end('{"message":"Not now"}');
      case 'hang':
        return;
      case 'reset':
        return void message.socket.destroy();
      case 'endless':
        response.writeHead(201, { 'content-type': 'application/json' });
        return sendWithoutEnd(response);
    }
    const { status, value } = take(line, message.headers, text);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  };

  const take = (line: string, headers: IncomingHttpHeaders, text: string): { status: number; value: object } => {
    const found = findForge(line);
    if (found === null) return { status: 404, value: { message: 'Not Found' } };
    const token = found.forge === 'gitlab' ? headers['private-token'] : headers.authorization;
    const scheme = { github: 'Bearer ', gitea: 'token ', gitlab: '' }[found.forge];
    if (!standIn.tokens.some((each) => token === scheme + each)) return { status: 401, value: { message: '401' } };
    const body: Record<string, unknown> = JSON.parse(text);
    const problem = headers['user-agent'] === undefined ? 'user-agent' : findProblem(found.forge, headers, body);
    if (problem !== null) return { status: 422, value: { message: problem } };
    taken.push({ ...found, body });
    return { status: 201, value: { id: taken.length, ...body } };
  };

  const server = createServer((message, response) => void answer(message, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const standIn: StatusStandIn = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...{ taken, requests, tokens: [], fault: null },
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        server.closeAllConnections();
      }),
  };
  return standIn;
}

const PATHS = {
  github: /^POST \/api\/v3\/repos\/([^/]+\/[^/]+)\/statuses\/([0-9a-f]{40}|[0-9a-f]{64})$/,
  gitea: /^POST \/api\/v1\/repos\/([^/]+\/[^/]+)\/statuses\/([0-9a-f]{40}|[0-9a-f]{64})$/,
  // The path of a project is one part, with its slashes encoded.
  gitlab: /^POST \/api\/v4\/projects\/([^/]+)\/statuses\/([0-9a-f]{40}|[0-9a-f]{64})$/,
} as const;

function findForge(line: string): Omit<TakenStatus, 'body'> | null {
  for (const forge of ['github', 'gitea', 'gitlab'] as const) {
    const [, project, commit] = PATHS[forge].exec(line) ?? [];
    if (project !== undefined && commit !== undefined) return { forge, project: decodeURIComponent(project), commit };
  }
  return null;
}

const STATES = {
  github: ['error', 'failure', 'pending', 'success'],
  gitea: ['error', 'failure', 'pending', 'success', 'warning'],
  gitlab: ['pending', 'running', 'success', 'failed', 'canceled', 'skipped'],
} as const;
const FIELDS = {
  github: { state: 16, target_url: 2_000, description: 140, context: 255 },
  gitea: { state: 16, target_url: 2_000, description: 2_000, context: 255 },
  gitlab: { state: 16, ref: 255, name: 255, target_url: 255, description: 255 },
} as const;

/** What the forge's documentation does not have, or has otherwise. */
function findProblem(
  forge: TakenStatus['forge'],
  headers: IncomingHttpHeaders,
  body: Readonly<Record<string, unknown>>,
): string | null {
  if (headers['content-type'] !== 'application/json') return 'content-type';
  if (forge === 'github' && headers.accept !== 'application/vnd.github+json') return 'accept';
  if (!STATES[forge].some((state) => state === body.state)) return 'state';
  const lengths: Readonly<Record<string, number>> = FIELDS[forge];
  const wrong = Object.entries(body).find(
    ([name, value]) => typeof value !== 'string' || value.length > (lengths[name] ?? -1),
  );
  if (wrong !== undefined) return wrong[0];
  return body.target_url === undefined || URL.canParse(String(body.target_url)) ? null : 'target_url';
}

function sendWithoutEnd(response: ServerResponse): void {
  const chunk = Buffer.alloc(64 * 1024, ' ');
  const send = (): void => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on('drain', send);
  send();
}
