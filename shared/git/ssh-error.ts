import type { ParsedKey } from 'ssh2';
import { connectionFailed, networkErrorOf, timeoutOf } from './network-error.ts';
import { quoteClaim, serverError } from './server-error.ts';
import { hostKeyChanged, type PinnedHost } from './ssh-host-key.ts';
import { fingerprintOf } from './ssh-known-hosts.ts';
import { SHA1_ONLY } from './ssh-private-key.ts';
import { badResponse, TransportError } from './transport-error.ts';

/** As ssh2 tells: `level` names the layer, and a number as `code` comes with what a server says when it leaves. */
interface SshError extends Error {
  readonly level?: string;
  readonly code?: string | number;
}

/** Why there is no connection, or none any more. */
export function sshErrorOf(error: SshError, host: PinnedHost, privateKey: ParsedKey): TransportError {
  const { message, level, code } = error;
  const { url } = host;
  if (level === 'client-timeout') return timeoutOf(url.host);
  if (level === 'client-socket') return networkErrorOf(error, url.host) ?? connectionFailed(url.host, message);
  if (level === 'client-authentication') return refusedKey(host, privateKey, message.endsWith(SHA1_ONLY));
  if (typeof code === 'number') return serverError(message);
  if (/no matching host key format/.test(message))
    return hostKeyChanged(host, 'has no key of these types, or proves it by SHA-1');
  if (/signature verification failed/.test(message)) return hostKeyChanged(host, 'signs with another key');
  if (/^Connection lost/.test(message)) return connectionFailed(url.host, 'it was closed before anything was said');
  const [, missing] = /no matching (?:[CS]->[CS] )?(.+)$/.exec(message) ?? [];
  return badResponse(missing === undefined ? 'it does not speak SSH' : `it offers no ${missing} that is still safe`);
}

function refusedKey({ url }: PinnedHost, privateKey: ParsedKey, isSha1: boolean): TransportError {
  const key = `${privateKey.type} ${fingerprintOf(privateKey.getPublicSSH())}`;
  const message = isSha1
    ? `${url.host} takes RSA keys with SHA-1 alone, which is broken. Use another key: \`ssh-keygen -t ed25519\` makes one.`
    : `${url.host} does not let the user ${url.username} in with the deploy key ${key}. Add its public key to the repository at the forge, or store another with \`headlock secret set NAME --purpose git\`.`;
  return new TransportError('refused_credentials', message);
}

/** Forges tell so what they do not serve, git what it does not find. */
const NOT_FOUND = /does not appear to be a git repository|not found|not be found|not exist|cannot find|no such/i;
const REFUSED = /denied|permission|not allowed|forbidden|unauthori[sz]ed|access rights/i;

/** Why `git-upload-pack` ended early. @param stderr - its words, or a forge's in its place */
export function commandError(stderr: string, status: number | string): TransportError {
  const claim = quoteClaim(stderr);
  if (NOT_FOUND.test(claim)) {
    const advice = 'Check the path in the repository URL, and that the deploy key is one of this repository';
    return new TransportError('not_found', `The git server says ${claim}. ${advice}: forges hide private ones so.`);
  }
  if (REFUSED.test(claim)) {
    const advice = 'Check that the deploy key may read this repository.';
    return new TransportError('refused_credentials', `The git server says ${claim}. ${advice}`);
  }
  return serverError(`git-upload-pack ended with ${status}: ${stderr}`);
}
