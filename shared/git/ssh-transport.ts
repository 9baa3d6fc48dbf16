import type { ParsedKey } from 'ssh2';
import type { SshUrl } from '../model/ssh-url.ts';
import { readAdvertisement } from './advertisement.ts';
import { MAX_LISTING_BYTES } from './git-remote.ts';
import type { GitTransport } from './git-transport.ts';
import { connectionFailed, timeoutOf } from './network-error.ts';
import { openSshChannel, type SshChannel } from './ssh-channel.ts';
import { openSshConnection, type SshConnection } from './ssh-connection.ts';
import { pinHost } from './ssh-host-key.ts';
import { readPrivateKey } from './ssh-private-key.ts';
import { TransportError } from './transport-error.ts';

export interface SshTransportOptions {
  readonly url: SshUrl;
  /** The text of its file. Like the passphrase it is in memory only, and never in a message (trust rule 7.3). */
  readonly privateKey: string;
  readonly passphrase: string | null;
  /** The lines of a `known_hosts` file: no other host key is ever taken. */
  readonly knownHosts: string;
  /** Printable ASCII without spaces: `headlock/0.1.0`. */
  readonly userAgent: string;
}

/**
 * `git-upload-pack` behind SSH (gitprotocol-pack, "SSH Transport"). The connection stays for some seconds, and in version 2 so
 * does the process on the server: one more request then costs no more than over HTTP.
 */
export function createSshTransport(options: SshTransportOptions): GitTransport {
  const { url, userAgent } = options;
  const command = `git-upload-pack ${quotePath(url.path)}`;
  let privateKey: ParsedKey | null = null;
  let current: SshConnection | null = null;
  /** Has answered, and may take one more request. */
  let waiting: SshChannel | null = null;

  const connect = (): SshConnection => {
    if (current !== null && current.failure() === null) return current;
    waiting = null;
    const host = pinHost(options.knownHosts, url);
    privateKey ??= readPrivateKey(options.privateKey, options.passphrase);
    current = openSshConnection({ host, privateKey, userAgent });
    return current;
  };

  const use = async <T>(signal: AbortSignal, work: (connection: SshConnection) => Promise<T>): Promise<T> => {
    const connection = connect();
    const letGo = connection.hold();
    const abort = (): void => connection.end(timeoutOf(url.host));
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
    try {
      return await work(connection);
    } catch (error) {
      const failure = connection.failure();
      // What else was to come would be taken for the next answer.
      connection.end(connectionFailed(url.host, 'it was given up'));
      throw error instanceof TransportError ? error : (failure ?? error);
    } finally {
      signal.removeEventListener('abort', abort);
      letGo();
    }
  };
  /** For the next request. */
  const keep = (channel: SshChannel): void => {
    waiting?.close();
    waiting = channel;
  };
  const openAtRequest = async (connection: SshConnection): Promise<SshChannel> => {
    const channel = await openSshChannel(connection, command);
    await channel.ask('', MAX_LISTING_BYTES, readAdvertisement);
    return channel;
  };

  return {
    advertise: (signal, read) =>
      use(signal, async (connection) => {
        const channel = await openSshChannel(connection, command);
        const value = await channel.ask('', MAX_LISTING_BYTES, read);
        keep(channel);
        return value;
      }),
    exchange: ({ body, maxBytes, signal }, read) =>
      use(signal, async (connection) => {
        const kept = waiting?.takes(body) ? waiting : null;
        if (kept !== null) waiting = null;
        const channel = kept ?? (await openAtRequest(connection));
        const value = await channel.ask(body, maxBytes, read);
        keep(channel);
        return value;
      }),
  };
}

/** As git quotes for the shell of the server, and `git-shell` reads it (git's quote.c). `/~user/…` counts from a home. */
function quotePath(path: string): string {
  return `'${path.replace(/^\/~/, '~').replace(/['!]/g, (each) => `'\\${each}'`)}'`;
}
