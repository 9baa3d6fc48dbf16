import { hash } from 'node:crypto';
import { formatClaim } from '../../shared/model/claim.ts';
import { ByteReader } from '../../shared/signatures/byte-reader.ts';
import { PACKET, readPacket } from '../../shared/signatures/openpgp/packet.ts';

/** What a certificate says of itself, before anybody judges it. */
export interface CertificateSummary {
  /** Lower-case hexadecimal fingerprints of its keys, the primary first, and their key ids. */
  readonly ids: readonly string[];
  readonly primaryFingerprint: string;
  /** Of its first user id, escaped and bounded. */
  readonly name: string;
  readonly email: string;
}

const PUBLIC_SUBKEY = 14;
const USER_ID = 13;
const ADDRESS = /^(.*?)\s*<([^<>]*)>\s*$/s;

/** @throws MalformedError */
export function readCertificate(bytes: Uint8Array): CertificateSummary {
  const reader = new ByteReader(bytes);
  const fingerprints: string[] = [];
  let userId: string | null = null;
  while (reader.remaining > 0) {
    const { type, body } = readPacket(reader);
    if (type === PACKET.publicKey || type === PUBLIC_SUBKEY) fingerprints.push(fingerprintOf(body));
    if (type === USER_ID) userId ??= Buffer.from(body).toString();
  }
  const [, name = userId ?? '', email = ''] = ADDRESS.exec(userId ?? '') ?? [];
  const isVersion6 = (fingerprint: string) => fingerprint.length === 64;
  return {
    ids: fingerprints.flatMap((one) => [one, isVersion6(one) ? one.slice(0, 16) : one.slice(-16)]),
    primaryFingerprint: fingerprints[0] ?? '',
    name: formatClaim(name),
    email: formatClaim(email),
  };
}

/** RFC 9580, section 5.5.4. */
function fingerprintOf(body: Uint8Array): string {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return body[0] === 6
    ? hash('sha256', Buffer.concat([Buffer.of(0x9b), length, body]), 'hex')
    : hash('sha1', Buffer.concat([Buffer.of(0x99), length.subarray(2), body]), 'hex');
}
