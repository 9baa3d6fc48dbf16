import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import ssh2, { type ParsedKey, type ServerChannel } from 'ssh2';

export interface SshLiarOptions {
  /** The private key of the host that it says it is. */
  readonly hostKey: string;
  /** The private key by which it signs, where it has not that one. */
  readonly signsBy?: string;
  /** What it does for a client that asks for a command; without, it refuses all. */
  readonly serve?: (channel: ServerChannel) => void;
}

export interface SshLiar {
  readonly port: number;
  /** Whether a client took it for the host, and tried to log in. */
  wasTrusted(): boolean;
  /** When the first client has gone. */
  readonly left: Promise<void>;
  close(): void;
}

/** An SSH server that lets everybody in, and does what OpenSSH does not. */
export async function startSshLiar({ hostKey, signsBy = hostKey, serve }: SshLiarOptions): Promise<SshLiar> {
  const [shown, signing] = [hostKey, signsBy].map((text) => ssh2.utils.parseKey(text)) as [ParsedKey, ParsedKey];
  const blob = shown.getPublicSSH();
  const key = Object.assign(signing, { getPublicSSH: () => blob });
  let trusted = false;
  const left = Promise.withResolvers<void>();
  // Typed for texts; a key that was parsed is taken as it is.
  const server = new ssh2.Server({ hostKeys: [{ key: key as unknown as string, passphrase: '' }] }, (client) => {
    client.on('error', () => {}); // clients leave as they like
    client.on('close', left.resolve);
    client.on('authentication', (attempt) => {
      trusted = true;
      attempt.accept();
    });
    client.on('session', (accept) => {
      accept().on('exec', (open, refuse) => (serve === undefined ? refuse() : serve(open())));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    wasTrusted: () => trusted,
    left: left.promise,
    close: () => void server.close(),
  };
}
