import type { Buffer } from 'node:buffer';
import { connect } from 'node:net';
import ssh2, { type Algorithms, type ClientChannel, type ParsedKey, type PublicKeyAuthMethod } from 'ssh2';
import { connectionFailed } from './network-error.ts';
import { serverError } from './server-error.ts';
import { sshErrorOf } from './ssh-error.ts';
import { type PinnedHost, problemOfHostKey } from './ssh-host-key.ts';
import type { HostKeyType } from './ssh-known-hosts.ts';
import { badResponse, type TransportError } from './transport-error.ts';

/** A connection to a host that proved its key, and took ours. */
export interface SshConnection {
  /** Runs a command there, as soon as the connection stands. @throws TransportError */
  run(command: string): Promise<ClientChannel>;
  /** Why it cannot be used any more; null as long as it can. */
  failure(): TransportError | null;
  /** Keeps it, and the process, from ending. @returns what lets go: a connection that nobody holds ends in a while. */
  hold(): () => void;
  end(why: TransportError): void;
}

export interface SshConnectionOptions {
  readonly host: PinnedHost;
  readonly privateKey: ParsedKey;
  /** Printable ASCII without spaces: `headlock/0.1.0`. */
  readonly userAgent: string;
}

const CONNECT_TIMEOUT_MS = 10_000;

/** How long it waits for whoever holds it next: a decision makes several requests in a row. */
const IDLE_MS = 5_000;

/** What may wait unread, here and there: twice what a server may send into the two streams of one channel. */
const MAX_UNREAD_BYTES = 8 * 1024 * 1024;

/**
 * What ssh2 has without SHA-1, CBC, and groups that the server makes up, whose primes nobody checks. It has
 * chacha20-poly1305 too: with a server without "strict KEX" messages can be lost there unnoticed (CVE-2023-48795).
 */
const ALGORITHMS: Algorithms = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group18-sha512',
    'diffie-hellman-group14-sha256',
  ],
  cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes192-ctr', 'aes256-ctr'],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
  compress: ['none'],
};

/** Begins to connect. What goes wrong is told to whoever runs a command. */
export function openSshConnection({ host, privateKey, userAgent }: SshConnectionOptions): SshConnection {
  const { url } = host;
  const channels = new Set<ClientChannel>();
  const ready = Promise.withResolvers<void>();
  ready.promise.catch(() => {}); // `run` tells of it
  let failure: TransportError | null = null;
  const socket = connect({ host: url.host, port: url.port, noDelay: true });
  const fail = (error: TransportError): void => {
    failure ??= error;
    ready.reject(failure);
    socket.destroy();
  };

  const client = new ssh2.Client()
    .on('ready', ready.resolve)
    .on('error', (error) => fail(sshErrorOf(error, host, privateKey)))
    .on('close', () => fail(connectionFailed(url.host, 'it was closed there')));
  // ssh2 keeps what a server sends past the window that it was granted, and its own answers to one that does not read them.
  socket.on('data', () => {
    const unread = [...channels].reduce(
      (sum, each) => sum + each.readableLength + each.stderr.readableLength,
      socket.writableLength,
    );
    if (unread > MAX_UNREAD_BYTES) fail(badResponse('it sends more than it was granted'));
  });
  const login: PublicKeyAuthMethod = { type: 'publickey', username: url.username, key: privateKey };
  client.connect({
    sock: socket,
    username: url.username,
    ident: userAgent,
    readyTimeout: CONNECT_TIMEOUT_MS,
    // Of the types that are pinned: a server that has others, too, must not look changed.
    algorithms: { ...ALGORITHMS, serverHostKey: host.keys.flatMap(({ type }) => hostKeyAlgorithms(type)) },
    hostVerifier: (presented: Buffer): boolean => {
      const problem = problemOfHostKey(presented, host);
      if (problem !== null) fail(problem);
      return problem === null;
    },
    authHandler: [login],
  });

  const run = async (command: string): Promise<ClientChannel> => {
    await ready.promise;
    const channel = await new Promise<ClientChannel>((resolve, reject) => {
      // A server that does not take the variable says nothing of it, and speaks version 0.
      const options = { env: { GIT_PROTOCOL: 'version=2' } };
      client.exec(command, options, (error, opened) => (error === undefined ? resolve(opened) : reject(error)));
    }).catch((error: Error) => {
      throw failure ?? serverError(error.message);
    });
    channels.add(channel);
    channel.on('close', () => channels.delete(channel));
    return channel;
  };

  let holders = 0;
  let heldUntil = Date.now();
  const endIdle = (): void => {
    if (holders === 0 && Date.now() - heldUntil >= IDLE_MS) fail(connectionFailed(url.host, 'it was idle'));
  };
  return {
    run,
    failure: () => {
      endIdle(); // the timer of a machine that was asleep comes too late
      return failure;
    },
    hold: () => {
      holders += 1;
      socket.ref();
      return () => {
        holders -= 1;
        heldUntil = Date.now();
        if (holders > 0) return;
        socket.unref();
        setTimeout(endIdle, IDLE_MS + 1).unref();
      };
    },
    end: fail,
  };
}

/** RSA keys prove themselves with SHA-2 alone (RFC 8332). */
function hostKeyAlgorithms(type: HostKeyType) {
  return type === 'ssh-rsa' ? (['rsa-sha2-512', 'rsa-sha2-256'] as const) : [type];
}
