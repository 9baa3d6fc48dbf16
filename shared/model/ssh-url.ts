import { HeadlockError } from './headlock-error.ts';

/** Where a repository is behind SSH, as `ssh://user@host:port/path` says it. */
export interface SshUrl {
  readonly username: string;
  /** In lower case; an IPv6 address without its brackets. */
  readonly host: string;
  readonly port: number;
  /** With its first slash. It may hold quotes: who hands it to a shell quotes it. */
  readonly path: string;
}

const HOST = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])$/;
const USERNAME = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;
/** `git@host:path`, where the path counts from the user's home. */
const SCP_FORM = /^[A-Za-z0-9._-]+@[^:/\s]+:/;

/** Whether an address is meant for SSH, be it right or wrong. */
export function isSshUrl(text: string): boolean {
  return /^ssh:/i.test(text) || SCP_FORM.test(text);
}

/**
 * Reads the address of a repository behind SSH. A user name may stand in it (`git` where none does), a password never.
 * @throws HeadlockError that names what is wrong and never repeats the URL, which may hold a password
 */
export function parseSshUrl(text: string): SshUrl {
  if (!URL.canParse(text) || !/^ssh:\/\//i.test(text)) {
    throw refusal('The repository URL is no ssh URL: a slash, and no colon, stands before its path.');
  }
  const url = new URL(text);
  if (url.password !== '') {
    const message = 'The repository URL holds a password. Take it out, and name a deploy key under credentials.';
    throw new HeadlockError('credentials_in_url', message, { kind: 'configuration' });
  }
  if (url.search !== '' || url.hash !== '') throw refusal('The repository URL has a query or a fragment.');
  const host = url.hostname.toLowerCase();
  const username = url.username === '' ? 'git' : url.username;
  const path = decode(url.pathname);
  if (!HOST.test(host) || !USERNAME.test(username)) throw refusal('The repository URL has no plain user or host.');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
  if (path === null || !/^\/./.test(path) || /[\x00-\x1f\x7f]/.test(path)) {
    throw refusal('The repository URL has no path that a server could take.');
  }
  return { username, host: host.replace(/^\[|\]$/g, ''), port: url.port === '' ? 22 : Number(url.port), path };
}

function decode(path: string): string | null {
  try {
    return decodeURIComponent(path);
  } catch {
    return null;
  }
}

function refusal(what: string): HeadlockError<'malformed_url'> {
  const message = `${what} Write it as ssh://git@host/path.git.`;
  return new HeadlockError('malformed_url', message, { kind: 'configuration' });
}
