import type { ByteReader } from '../byte-reader.ts';
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
  /** Read once. */
  readonly body: ByteReader;
}

export function parseSubpackets(area: ByteReader): Subpacket[] {
  const subpackets: Subpacket[] = [];
  while (area.remaining > 0) {
    const length = readLength(area);
    if (length === 0) throw new MalformedError('it has an empty subpacket');
    const first = area.uint(1);
    subpackets.push({ type: first & 0x7f, critical: first >= 0x80, body: area.part(length - 1) });
  }
  return subpackets;
}

/** The one subpacket of a type; a second one would leave open which of them counts. */
export function onlySubpacket(subpackets: readonly Subpacket[], type: number): ByteReader | null {
  let found: ByteReader | null = null;
  for (const subpacket of subpackets) {
    if (subpacket.type !== type) continue;
    if (found !== null) throw new MalformedError(`it has more than one subpacket of type ${type}`);
    found = subpacket.body;
  }
  return found;
}

function readLength(reader: ByteReader): number {
  const first = reader.uint(1);
  if (first < 192) return first;
  if (first < 255) return (first - 192) * 256 + reader.uint(1) + 192;
  return reader.uint(4);
}
