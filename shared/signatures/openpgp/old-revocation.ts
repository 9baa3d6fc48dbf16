import { ByteReader } from '../byte-reader.ts';
import { PACKET, readPacket } from './packet.ts';

const OLD_VERSION = 3;
/** Of a key, a subkey and a user id. */
const REVOCATIONS: ReadonlySet<number | undefined> = new Set([0x20, 0x28, 0x30]);

/**
 * Whether a certificate says in a signature of version 3 (RFC 9580, section 5.2.2) that it, or a part of it, is revoked:
 * openpgp.js leaves these out without a word, and gpg goes by them.
 * @param keyId - of its primary key, in lower-case hexadecimal digits
 */
export function hasOldRevocation(certificate: Uint8Array, keyId: string): boolean {
  const packets = new ByteReader(certificate);
  while (packets.remaining > 0) {
    const { type, body } = readPacket(packets);
    if (type !== PACKET.signature || body[0] !== OLD_VERSION || !REVOCATIONS.has(body[2])) continue;
    if (Buffer.from(body.subarray(7, 15)).toString('hex') === keyId) return true;
  }
  return false;
}
