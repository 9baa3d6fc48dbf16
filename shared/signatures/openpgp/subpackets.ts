import { ByteReader } from '../byte-reader.ts';
import { MalformedError } from '../malformed-error.ts';

/** Signature subpacket types (RFC 9580, section 5.2.3.7). */
export const SUBPACKET = {
  creationTime: 2,
  signatureExpirationTime: 3,
  issuerKeyId: 16,
  notation: 20,
  policyUri: 26,
  issuerFingerprint: 33,
} as const;

export interface Subpacket {
  readonly type: number;
  readonly critical: boolean;
  readonly body: Buffer;
}

export function parseSubpackets(area: Uint8Array): Subpacket[] {
  const reader = new ByteReader(area);
  const subpackets: Subpacket[] = [];
  while (reader.remaining > 0) {
    const content = reader.bytes(readLength(reader));
    const [first] = content;
    if (first === undefined) throw new MalformedError('it has an empty subpacket');
    subpackets.push({ type: first & 0x7f, critical: first >= 0x80, body: content.subarray(1) });
  }
  return subpackets;
}

/** The one subpacket of a type; a second one would leave open which of them counts. */
export function onlySubpacket(subpackets: readonly Subpacket[], type: number): Buffer | null {
  const [found, second] = subpackets.filter((subpacket) => subpacket.type === type);
  if (second !== undefined) throw new MalformedError(`it has more than one subpacket of type ${type}`);
  return found?.body ?? null;
}

function readLength(reader: ByteReader): number {
  const first = reader.uint(1);
  if (first < 192) return first;
  if (first < 255) return (first - 192) * 256 + reader.uint(1) + 192;
  return reader.uint(4);
}
