import { Buffer } from 'node:buffer';
import { createHash, createHmac } from 'node:crypto';
import { matchesPatterns } from '../model/match-patterns.ts';
import type { SshUrl } from '../model/ssh-url.ts';
import { TransportError } from './transport-error.ts';

/** In the order of preference. */
const HOST_KEY_TYPES = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'ssh-rsa',
] as const;

export type HostKeyType = (typeof HOST_KEY_TYPES)[number];

export interface HostKey {
  readonly type: HostKeyType;
  /** As the server presents it (RFC 4253, section 6.6). */
  readonly blob: Buffer;
}

export interface KnownHost {
  readonly key: HostKey;
  /** Marked `@revoked`: whoever presents this key is not the host. */
  readonly isRevoked: boolean;
  /** Takes `host`, or `[host]:port` where the port is not 22. */
  readonly takes: (name: string) => boolean;
}

const LINE = /^[ \t]*(?:(@\S+)[ \t]+)?(\S+)[ \t]+(\S+)[ \t]+(\S+)(?:[ \t].*)?$/;
const HASHED = /^\|1\|([A-Za-z0-9+/]{27}=)\|([A-Za-z0-9+/]{27}=)$/;
const MIN_RSA_BITS = 2048;

/**
 * Reads the lines of a `known_hosts` file (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT).
 * @throws TransportError that names the line that cannot be read: one that was meant to refuse a key must not be lost
 */
export function parseKnownHosts(text: string): readonly KnownHost[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    if (/^[ \t]*(?:#|$)/.test(line)) return [];
    const [, marker, hosts = '', type = '', base64 = ''] = LINE.exec(line) ?? [];
    if (marker === '@cert-authority') {
      throw unreadableLine(index, 'names a certificate authority, and host certificates are not checked here');
    }
    const takes = readHosts(hosts);
    const key = readKey(type, base64);
    if (takes === null || key === null || (marker !== undefined && marker !== '@revoked'))
      throw unreadableLine(index, 'cannot be read: ed25519, ecdsa, and rsa keys from 2048 bits on are taken');
    return [{ key, isRevoked: marker === '@revoked', takes }];
  });
}

/** A host's name as `known_hosts` writes it. */
export function knownHostName({ host, port }: Pick<SshUrl, 'host' | 'port'>): string {
  return port === 22 ? host : `[${host}]:${port}`;
}

/** As `ssh-keygen -l` writes it. */
export function fingerprintOf(blob: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

function readHosts(hosts: string): KnownHost['takes'] | null {
  if (!hosts.startsWith('|')) {
    const patterns = hosts.toLowerCase();
    return /^!?[^!,|]+(?:,!?[^!,|]+)*$/.test(patterns) ? (name) => matchesPatterns(name, patterns) : null;
  }
  const [, salt, hash] = HASHED.exec(hosts) ?? [];
  if (salt === undefined) return null;
  return (name) => createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
}

function readKey(type: string, base64: string): HostKey | null {
  const known = HOST_KEY_TYPES.find((each) => each === type);
  const blob = Buffer.from(base64, 'base64');
  if (known === undefined || blob.toString('base64') !== base64) return null;
  const [name, , modulus, ...rest] = readStrings(blob);
  if (name?.toString('latin1') !== type) return null;
  const isWeak = known === 'ssh-rsa' && (modulus === undefined || rest.length > 0 || bitsOf(modulus) < MIN_RSA_BITS);
  return isWeak ? null : { type: known, blob };
}

/** Length-prefixed strings (RFC 4251, section 5); none where the last one is cut off. */
function readStrings(bytes: Buffer): readonly Buffer[] {
  const strings: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + (at + 4 <= bytes.length ? bytes.readUInt32BE(at) : 0);
    if (end > bytes.length) return [];
    strings.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return strings;
}

function bitsOf(number: Buffer): number {
  const digits = number.toString('hex').replace(/^0+/, '');
  return digits === '' ? 0 : (digits.length - 1) * 4 + Number.parseInt(digits.slice(0, 1), 16).toString(2).length;
}

function unreadableLine(index: number, what: string): TransportError {
  return new TransportError(
    'host_key_unknown',
    `Line ${index + 1} of the known_hosts file ${what}. Keep the lines of this server alone, and run \`headlock apply\`.`,
  );
}
