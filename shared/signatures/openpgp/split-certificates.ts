import { ByteReader } from '../byte-reader.ts';
import { MalformedError } from '../malformed-error.ts';
import { PACKET, readPacket } from './packet.ts';

/** More says that the file was made to keep its reader busy. */
const MAX_PACKETS = 10_000;

/**
 * One byte string for each certificate (transferable public key) of a block, so that one which cannot be read never spoils the
 * others.
 * @throws MalformedError where the packets themselves cannot be told apart.
 */
export function splitCertificates(block: Uint8Array): Uint8Array[] {
  const reader = new ByteReader(block);
  const starts: number[] = [];
  let packets = 0;
  while (reader.remaining > 0) {
    const start = reader.offset;
    const { type } = readPacket(reader);
    if (type === PACKET.secretKey || type === PACKET.secretSubkey) {
      throw new MalformedError(
        'it holds a PRIVATE key, which must not be here; export the public one, and take this one as leaked',
      );
    }
    packets = type === PACKET.publicKey ? 1 : packets + 1;
    if (packets > MAX_PACKETS) throw new MalformedError(`a certificate in it has more than ${MAX_PACKETS} packets`);
    if (type === PACKET.publicKey) starts.push(start);
    else if (starts.length === 0 && type !== PACKET.marker)
      throw new MalformedError('it does not start with a public key');
  }
  return starts.map((start, index) => block.subarray(start, starts[index + 1]));
}
