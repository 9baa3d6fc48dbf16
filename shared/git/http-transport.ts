import { Buffer } from 'node:buffer';
import { MAX_LISTING_BYTES } from './git-remote.ts';
import type { GitRequest, GitTransport, ReadPackets } from './git-transport.ts';
import type { HttpAgents } from './http-agents.ts';
import { assertGitAnswer, redirectOf } from './http-answer.ts';
import { exchangeHttp } from './http-exchange.ts';
import { readPackets } from './pkt-line.ts';
import { badResponse, TransportError } from './transport-error.ts';

/** Opened secrets: in memory only, never in a message (trust rule 7.3). */
export type HttpCredentials =
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | { readonly kind: 'bearer'; readonly token: string };

export interface HttpTransportOptions {
  readonly url: URL;
  readonly credentials: HttpCredentials | null;
  readonly agents: HttpAgents;
  /** Printable ASCII without spaces: `headlock/0.1.0`. */
  readonly userAgent: string;
  /** What is asked of the server; `git-upload-pack` where it is not said. */
  readonly service?: 'git-upload-pack' | 'git-receive-pack';
}

const MAX_REDIRECTS = 5;

/** git's smart HTTP protocol (gitprotocol-http). Redirects are followed when the server is asked what it offers, and nowhere else. */
export function createHttpTransport(options: HttpTransportOptions): GitTransport<string | Uint8Array> {
  const { agents, service = 'git-upload-pack' } = options;
  const advertisementPath = `/info/refs?service=${service}`;
  const configured = new URL(options.url.href.replace(/\/*$/, advertisementPath));
  /** Where the server really is, once it was asked. */
  let found = configured;

  const advertise = async <T>(signal: AbortSignal, read: ReadPackets<T>): Promise<T> => {
    let url = configured;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const headers = headersFor(url, options);
      const request = { method: 'GET', url, headers, maxBytes: MAX_LISTING_BYTES, signal, agents } as const;
      const answered = await exchangeHttp(request, async (answer) => {
        const target = redirectOf(answer, url);
        if (target !== null) return { target };
        assertGitAnswer(answer, `application/x-${service}-advertisement`, options);
        return { value: await read(readPackets(answer.chunks)) };
      });
      if ('value' in answered) {
        found = url;
        return answered.value;
      }
      url = answered.target;
      if (!url.href.endsWith(advertisementPath)) throw badResponse('it redirects to what is no git repository');
    }
    throw badResponse(`it redirects more than ${MAX_REDIRECTS} times`);
  };

  const exchange = <T>(
    { body, maxBytes, signal }: GitRequest<string | Uint8Array>,
    read: ReadPackets<T>,
  ): Promise<T> => {
    const url = new URL(found.href.replace(advertisementPath, `/${service}`));
    const headers = { ...headersFor(url, options), 'content-type': `application/x-${service}-request` };
    return exchangeHttp({ method: 'POST', url, headers, body, maxBytes, signal, agents }, (answer) => {
      assertGitAnswer(answer, `application/x-${service}-result`, options);
      return read(readPackets(answer.chunks));
    });
  };

  return { advertise, exchange };
}

function headersFor(
  url: URL,
  { url: configured, credentials, userAgent }: HttpTransportOptions,
): Record<string, string> {
  const headers = {
    'user-agent': userAgent,
    'git-protocol': 'version=2',
    'accept-encoding': 'gzip',
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
