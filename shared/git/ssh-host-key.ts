import type { Buffer } from 'node:buffer';
import type { SshUrl } from '../model/ssh-url.ts';
import { fingerprintOf, type HostKey, knownHostName, parseKnownHosts } from './ssh-known-hosts.ts';
import { TransportError } from './transport-error.ts';

/** The keys by which a host is known. */
export interface PinnedHost {
  readonly url: SshUrl;
  readonly keys: readonly HostKey[];
  readonly revoked: readonly HostKey[];
}

/** The keys that a `known_hosts` file lists for a host. @throws TransportError where it lists none, or cannot be read */
export function pinHost(knownHosts: string, url: SshUrl): PinnedHost {
  const name = knownHostName(url);
  const lines = parseKnownHosts(knownHosts).filter(({ takes }) => takes(name));
  const revoked = lines.filter(({ isRevoked }) => isRevoked).map(({ key }) => key);
  const keys = lines.filter(({ isRevoked }) => !isRevoked).map(({ key }) => key);
  if (keys.length > 0) return { url, keys, revoked };
  const message = `The policy's known_hosts file has no key of ${name}, so nothing is sent to it. Run ${howToPin(url)}`;
  throw new TransportError('host_key_unknown', message);
}

/** Null where it is one of the host's keys, and not revoked. */
export function problemOfHostKey(presented: Buffer, host: PinnedHost): TransportError | null {
  const isPresented = ({ blob }: HostKey) => blob.equals(presented);
  if (host.revoked.some(isPresented))
    return hostKeyChanged(host, `presents ${fingerprintOf(presented)}, which known_hosts marks as revoked`);
  return host.keys.some(isPresented) ? null : hostKeyChanged(host, `presents ${fingerprintOf(presented)}`);
}

/** The server is not, or not any more, the one that was pinned. */
export function hostKeyChanged({ url, keys }: PinnedHost, what: string): TransportError {
  const pinned = keys.map(({ type, blob }) => `${type} ${fingerprintOf(blob)}`).join(', ');
  return new TransportError(
    'host_key_changed',
    `${knownHostName(url)} does not prove the host key that was pinned (${pinned}): it ${what}. Somebody may stand in between, so nothing was sent to it. Where its owners announced another key, run ${howToPin(url)}`,
  );
}

function howToPin({ host, port }: SshUrl): string {
  const scan = port === 22 ? `ssh-keyscan ${host}` : `ssh-keyscan -p ${port} ${host}`;
  return `\`${scan} > FILE\`, compare what \`ssh-keygen -lf FILE\` shows with the fingerprints that the forge publishes, put the lines into the known_hosts file of the policy, and run \`headlock apply\`.`;
}
