import type { UnreachableCause } from '../model/branch-state.ts';
import { isSecure } from '../model/remote-url.ts';
import { type HttpAnswer, isGzip } from './http-exchange.ts';
import type { HttpTransportOptions } from './http-transport.ts';
import { parseRetryAfter } from './retry-after.ts';
import { badResponse, TransportError } from './transport-error.ts';

/** Where the answer redirects to; null where it does not. */
export function redirectOf({ status, headers }: HttpAnswer, from: URL): URL | null {
  if (![301, 302, 303, 307, 308].includes(status)) return null;
  const { location = '' } = headers;
  if (!URL.canParse(location, from.href)) throw badResponse('it redirects nowhere');
  const target = new URL(location, from);
  if (
    target.username !== '' ||
    target.password !== '' ||
    !isSecure(target) ||
    (from.protocol === 'https:' && target.protocol !== 'https:')
  ) {
    throw badResponse('it redirects to where nothing protects the connection');
  }
  return target;
}

/** @throws TransportError where the answer is none of a git server, with the cause and what to do */
export function assertGitAnswer(
  { status, headers }: HttpAnswer,
  type: string,
  remote: Pick<HttpTransportOptions, 'url' | 'credentials'>,
): void {
  if (status !== 200) {
    const retryAfter = [403, 429, 503].includes(status) ? parseRetryAfter(headers, Date.now()) : null;
    const isLimited = headers['retry-after'] !== undefined || headers['x-ratelimit-remaining'] === '0';
    const cause = causeOfStatus(status, isLimited);
    const advice = adviceOn(cause, remote.credentials !== null);
    throw new TransportError(cause, `${remote.url.href} answers ${status}. ${advice}`, { retryAfter });
  }
  const { 'content-encoding': coding = 'identity' } = headers;
  if (coding !== 'identity' && !isGzip(headers)) throw badResponse('it is coded in a way that was not asked for');
  if (headers['content-type']?.toLowerCase() !== type) {
    throw badResponse(`${remote.url.href} is a web page or a "dumb" file server, not a git repository over smart HTTP`);
  }
}

type StatusCause = Extract<
  UnreachableCause,
  'refused_credentials' | 'not_found' | 'rate_limited' | 'server_error' | 'bad_response'
>;

function causeOfStatus(status: number, isLimited: boolean): StatusCause {
  // Forges also limit their callers with 403, and then say so.
  if (status === 429 || (status === 403 && isLimited)) return 'rate_limited';
  if (status === 401 || status === 403) return 'refused_credentials';
  if (status === 404 || status === 410) return 'not_found';
  return status >= 500 ? 'server_error' : 'bad_response';
}

function adviceOn(cause: StatusCause, hasCredentials: boolean): string {
  switch (cause) {
    case 'refused_credentials':
      return hasCredentials
        ? 'Check the URL and the credentials secret: it may have expired, or may not read this repository.'
        : 'Check the URL, and name a credentials secret for a private repository.';
    case 'not_found':
      return 'Check the URL and the credentials secret: forges hide private repositories so.';
    case 'rate_limited':
      return 'It is tried again later; fewer callers, or credentials with a higher limit, help.';
    case 'server_error':
      return "It is tried again; look at the git server's status.";
    case 'bad_response':
      return 'Check the repository URL.';
  }
}
