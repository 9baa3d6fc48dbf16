import { Buffer } from 'node:buffer';
import { assertGitAnswer, redirectOf } from './http-answer.ts';
import { exchangeHttp } from './http-exchange.ts';
import { type Packet, readPackets } from './pkt-line.ts';
import { type Capabilities, encodeCommand, readCapabilities } from './protocol-v2/capabilities.ts';
import { badResponse, TransportError } from './transport-error.ts';

/** Opened secrets: in memory only, never in a message (trust rule 7.3). */
export type HttpCredentials =
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | { readonly kind: 'bearer'; readonly token: string };

export interface HttpRemoteOptions {
  readonly url: URL;
  readonly credentials: HttpCredentials | null;
  /** Printable ASCII without spaces: `headlock/0.1.0`. */
  readonly userAgent: string;
}

/** A repository behind git's smart HTTP protocol, version 2 (gitprotocol-http). */
export interface HttpRemote {
  readonly capabilities: Capabilities;
  /** Sends one command and hands the packets of its answer to `read`. */
  run<T>(command: HttpCommand, read: (packets: AsyncIterable<Packet>) => Promise<T>): Promise<T>;
}

export interface HttpCommand {
  readonly name: 'ls-refs' | 'fetch';
  readonly args: readonly string[];
  /** Bytes of the answer as it arrives. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

const MAX_REDIRECTS = 5;
const MAX_ADVERTISEMENT_BYTES = 1024 * 1024;
const ADVERTISEMENT_PATH = '/info/refs?service=git-upload-pack';

/**
 * Finds out where the server really is and what it offers. Redirects are followed here and nowhere else.
 * @throws TransportError
 */
export async function discoverRemote(options: HttpRemoteOptions, signal: AbortSignal): Promise<HttpRemote> {
  let url = new URL(options.url.href.replace(/\/*$/, ADVERTISEMENT_PATH));
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const headers = headersFor(url, options);
    const request = { method: 'GET', url, headers, maxBytes: MAX_ADVERTISEMENT_BYTES, signal } as const;
    const found = await exchangeHttp(request, async (answer) => {
      const target = redirectOf(answer, url);
      if (target !== null) return target;
      assertGitAnswer(answer, 'application/x-git-upload-pack-advertisement', options);
      return readCapabilities(readPackets(answer.chunks));
    });
    if (!(found instanceof URL)) return remoteAt(url, found, options);
    url = found;
    if (!url.href.endsWith(ADVERTISEMENT_PATH)) throw badResponse('it redirects to what is no git repository');
  }
  throw badResponse(`it redirects more than ${MAX_REDIRECTS} times`);
}

function remoteAt(advertisement: URL, capabilities: Capabilities, options: HttpRemoteOptions): HttpRemote {
  const url = new URL(advertisement.href.replace(ADVERTISEMENT_PATH, '/git-upload-pack'));
  const headers = { ...headersFor(url, options), 'content-type': 'application/x-git-upload-pack-request' };
  return {
    capabilities,
    run: ({ name, args, maxBytes, signal }, read) => {
      const body = encodeCommand(name, capabilities, options.userAgent, args);
      return exchangeHttp({ method: 'POST', url, headers, body, maxBytes, signal }, (answer) => {
        assertGitAnswer(answer, 'application/x-git-upload-pack-result', options);
        return read(readPackets(answer.chunks));
      });
    },
  };
}

function headersFor(url: URL, { url: configured, credentials, userAgent }: HttpRemoteOptions): Record<string, string> {
  const headers = {
    'user-agent': userAgent,
    'git-protocol': 'version=2',
    'accept-encoding': 'identity',
    'cache-control': 'no-cache',
  };
  // Credentials go to the configured server alone, whoever redirects elsewhere.
  if (credentials === null || url.origin !== configured.origin) return headers;
  return { ...headers, authorization: authorizationOf(credentials) };
}

function authorizationOf(credentials: HttpCredentials): string {
  if (credentials.kind === 'basic') {
    return `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`;
  }
  // A line feed at its end, say, which no header may hold.
  if (!/^[\x21-\x7e]+$/.test(credentials.token)) {
    throw new TransportError(
      'refused_credentials',
      'The bearer token has spaces, line feeds or other characters that no token has. Set the credentials secret again.',
    );
  }
  return `Bearer ${credentials.token}`;
}
