import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { type LoopbackServer, listenOnLoopback } from './loopback-server.ts';

const MAX_REQUEST_BYTES = 16 * 1024 * 1024;

/** Longer than the SDK's pauses, or a request may meet a connection that is just being closed. */
const KEEP_ALIVE_MILLISECONDS = 60_000;

export interface Request {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Aborted when the client goes away before it has its answer. */
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** Serves `POST /` on the loopback interface and nowhere else. @throws HeadlockError `port_in_use` */
export async function listen(port: number, respond: (request: Request) => Promise<Answer>): Promise<LoopbackServer> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MILLISECONDS }, (incoming, outgoing) => {
    serve(incoming, outgoing, respond).catch(() => outgoing.destroy());
  });
  return listenOnLoopback(server, port);
}

async function serve(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  respond: (request: Request) => Promise<Answer>,
): Promise<void> {
  const { headers, method, url } = incoming;
  // A browser names the page that sends a request; no page has business here.
  if (headers.origin !== undefined || method !== 'POST' || url !== '/') {
    return send(outgoing, { status: 403, type: 'text/plain', body: 'Only an AWS SDK is served here.\n' });
  }
  // Transfer-Encoding has no length: no AWS SDK sends it to these services.
  if (!(Number(headers['content-length']) <= MAX_REQUEST_BYTES)) {
    return send(outgoing, { status: 413, type: 'text/plain', body: 'The request is too large.\n' });
  }
  const body = await buffer(incoming);
  const gone = new AbortController();
  outgoing.once('close', () => gone.abort());
  send(outgoing, await respond({ headers, body, signal: gone.signal }));
}

function send(outgoing: ServerResponse, { status, type, body }: Answer): void {
  outgoing.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body);
}
