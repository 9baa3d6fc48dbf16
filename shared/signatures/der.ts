const INTEGER = 0x02;
const BIT_STRING = 0x03;
const SEQUENCE = 0x30;

/** The few forms of DER that public keys and ECDSA signatures need (X.690). */
export function derSequence(...elements: readonly Uint8Array[]): Buffer {
  return encode(SEQUENCE, elements);
}

/** A positive integer from its big-endian bytes, which have no leading zeros. */
export function derInteger(magnitude: Uint8Array): Buffer {
  const isTopBitSet = Number(magnitude[0]) >= 0x80;
  return encode(INTEGER, isTopBitSet ? [Uint8Array.of(0), magnitude] : [magnitude]);
}

/** A bit string of whole bytes. */
export function derBitString(bytes: Uint8Array): Buffer {
  return encode(BIT_STRING, [Uint8Array.of(0), bytes]);
}

function encode(tag: number, parts: readonly Uint8Array[]): Buffer {
  let length = 0;
  for (const part of parts) length += part.length;
  return Buffer.concat([header(tag, length), ...parts]);
}

function header(tag: number, length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(tag, length);
  if (length < 0x100) return Uint8Array.of(tag, 0x81, length);
  return Uint8Array.of(tag, 0x82, length >> 8, length & 0xff);
}
