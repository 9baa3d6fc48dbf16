import { HeadlockError } from './headlock-error.ts';

export type RemoteUrlErrorCode = 'malformed_url' | 'credentials_in_url' | 'insecure_url';

/**
 * Reads the URL of a remote repository: https anywhere, http to this machine only.
 * @throws HeadlockError that names what is wrong and never repeats the URL, which may hold a password
 */
export function parseRemoteUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw refusal('malformed_url', 'The repository URL is not an http(s) URL. Write it as https://host/path.git.');
  }
  if (url.username !== '' || url.password !== '') {
    throw refusal(
      'credentials_in_url',
      'The repository URL holds a user name or password. Take it out, and name a secret under credentials.',
    );
  }
  if (url.search !== '' || url.hash !== '') {
    throw refusal('malformed_url', 'The repository URL has a query or a fragment. Write it as https://host/path.git.');
  }
  if (!isSecure(url)) {
    throw refusal(
      'insecure_url',
      'The repository URL is plain http to another machine. Use https: http is for loopback addresses only.',
    );
  }
  return url;
}

/** Whether nobody on the way can read or change what is sent: https, or http that does not leave this machine. */
export function isSecure(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

function refusal(code: RemoteUrlErrorCode, message: string): HeadlockError<RemoteUrlErrorCode> {
  return new HeadlockError(code, message, { kind: 'configuration' });
}
