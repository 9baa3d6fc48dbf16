import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { HTTP_AGENTS, type HttpAgents } from './http-agents.ts';
import { codeOf, networkErrorOf, timeoutOf } from './network-error.ts';
import { badResponse, TransportError } from './transport-error.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Bytes of the answer's body, counted as they arrive, or are inflated. */
  readonly maxBytes: number;
  /** Ends the whole exchange. */
  readonly signal: AbortSignal;
  readonly agents?: HttpAgents;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly chunks: AsyncIterable<Uint8Array>;
}

const CONNECT_TIMEOUT_MS = 10_000;

/** git upload-pack says something at least every five seconds while it works. */
const IDLE_TIMEOUT_MS = 30_000;

/** What lies between may forget a connection without a word, while this machine is asleep, say: an older one is not used again. */
const MAX_KEPT_MS = 60_000;

const lastUsed = new WeakMap<Socket, number>();

/**
 * Sends one request and hands its answer, whatever its status, to `read`; no redirect is followed here.
 * @throws TransportError, also for what `read` meets on the way
 */
export async function exchangeHttp<T>(request: HttpRequest, read: (answer: HttpAnswer) => Promise<T>): Promise<T> {
  const stalled = new AbortController();
  const signal = AbortSignal.any([request.signal, stalled.signal]);
  try {
    signal.throwIfAborted();
    const message = await send(request, signal, stalled);
    try {
      const chunks = boundedChunks(inflate(message), request.maxBytes);
      const result = await read({ status: message.statusCode as number, headers: message.headers, chunks });
      // Nothing of interest follows, but only a connection that was read to the end is used again.
      while ((await chunks.next()).done !== true);
      return result;
    } finally {
      message.destroy();
    }
  } catch (error) {
    throw signal.aborted ? timeoutOf(request.url.host) : transportErrorOf(error, request.url);
  }
}

function send(request: HttpRequest, signal: AbortSignal, stalled: AbortController): Promise<IncomingMessage> {
  const { method, url, headers, body, agents = HTTP_AGENTS } = request;
  const secure = url.protocol === 'https:';
  return new Promise((resolve, reject) => {
    const connecting = setTimeout(() => stalled.abort(), CONNECT_TIMEOUT_MS);
    const endConnecting = (): void => clearTimeout(connecting);
    // As long as a proxy is to connect it, Node does not end a request.
    signal.addEventListener('abort', () => {
      endConnecting();
      reject(signal.reason);
    });
    const outgoing = (secure ? httpsRequest : httpRequest)(url, {
      method,
      headers,
      signal,
      agent: secure ? agents.https : agents.http,
      timeout: IDLE_TIMEOUT_MS,
    });
    outgoing.on('socket', (socket) => {
      const now = Date.now();
      if (now - (lastUsed.get(socket) ?? now) > MAX_KEPT_MS) socket.destroy();
      lastUsed.set(socket, now);
      if (socket.connecting) socket.once(secure ? 'secureConnect' : 'connect', endConnecting);
      else endConnecting();
    });
    outgoing.on('timeout', () => stalled.abort());
    outgoing.on('response', (message) => {
      message.on('error', () => {}); // whoever reads the body meets the error there
      resolve(message);
    });
    outgoing.on('error', (error) => {
      // A kept connection was closed just as it was taken again; every request here can be repeated.
      const stale = outgoing.reusedSocket && codeOf(error) === 'ECONNRESET' && !signal.aborted;
      if (stale) resolve(send(request, signal, stalled));
      else reject(error);
    });
    outgoing.on('close', () => {
      endConnecting();
      // Node tells of an answer that switches to another protocol in no other way.
      reject(badResponse('it is no answer in HTTP'));
    });
    outgoing.end(body);
  });
}

/** The body as it was before gzip (RFC 9110, section 8.4.1); any other coding stays, and its header tells. */
function inflate(message: IncomingMessage): AsyncIterable<Uint8Array> {
  if (!isGzip(message.headers)) return message;
  return pipeline(message, createGunzip(), () => {}); // whoever reads meets the error
}

export function isGzip(headers: IncomingHttpHeaders): boolean {
  return /^(?:x-)?gzip$/i.test(headers['content-encoding'] ?? '');
}

async function* boundedChunks(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let total = 0;
  for await (const chunk of body) {
    total += chunk.length;
    if (total > maxBytes) throw badResponse(`it is larger than ${maxBytes} bytes`);
    yield chunk;
  }
}

/** What failed below HTTP, by the codes of Node and OpenSSL. Anything else is a bug and stays what it is. */
function transportErrorOf(error: unknown, { host }: URL): unknown {
  const code = codeOf(error);
  if (error instanceof TransportError || code === null) return error;
  if (code === 'ERR_PROXY_TUNNEL')
    return new TransportError(
      'connection',
      `The proxy lets nothing through to ${host}. Check HTTPS_PROXY and NO_PROXY, and the proxy's own rules.`,
    );
  if (/^(?:HPE_|Z_)/.test(code))
    return new TransportError(
      'bad_response',
      `${host} does not answer in proper HTTP. Check the repository URL and its port (${code}).`,
    );
  // X.509 verification results come under OpenSSL's own names (`openssl verify`).
  if (/^(?:EPROTO$|ERR_TLS|ERR_SSL|ERR_OSSL|UNABLE_TO_|INVALID_|PATH_LENGTH)|CERT|CRL|HOSTNAME_MISMATCH/.test(code))
    return new TransportError(
      'tls',
      `The TLS connection to ${host} failed. Check its certificate; name an authority of your own under certificateAuthority in the policy, or in NODE_EXTRA_CA_CERTS for a command (${code}).`,
    );
  return networkErrorOf(error, host) ?? error;
}
