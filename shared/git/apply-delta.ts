import { Buffer } from 'node:buffer';
import { badResponse, limitExceeded } from './transport-error.ts';

/**
 * Rebuilds an object from its base and a delta (gitformat-pack, "Deltified representation").
 * @throws TransportError `bad_response`, or `limit_exceeded` before anything is allocated
 */
export function applyDelta(base: Uint8Array, delta: Uint8Array, maxBytes: number): Buffer {
  let position = 0;
  const takeByte = (): number => {
    const byte = delta[position++];
    if (byte === undefined) throw badResponse('a delta ends too early');
    return byte;
  };
  const takeSize = (): number => {
    let size = 0;
    for (let factor = 1; ; factor *= 0x80) {
      const byte = takeByte();
      size += (byte & 0x7f) * factor;
      if (!Number.isSafeInteger(size)) throw badResponse('a delta states an impossible size');
      if (byte < 0x80) return size;
    }
  };
  /** Bytes of a little-endian number; `bits` tells which of them are there, the others are zero. */
  const takeSparse = (bits: number, count: number): number => {
    let value = 0;
    for (let index = 0; index < count; index++) if (bits & (1 << index)) value += takeByte() * 2 ** (8 * index);
    return value;
  };

  if (takeSize() !== base.length) throw badResponse('a delta does not fit its base');
  const size = takeSize();
  if (size > maxBytes) throw limitExceeded('objectBytes', `An object has more than ${maxBytes} bytes`);

  const result = Buffer.allocUnsafe(size);
  let written = 0;
  const append = (source: Uint8Array, start: number, length: number): void => {
    if (start + length > source.length || written + length > size)
      throw badResponse('a delta reaches outside of its object');
    result.set(source.subarray(start, start + length), written);
    written += length;
  };
  while (position < delta.length) {
    const instruction = takeByte();
    if (instruction === 0) throw badResponse('a delta holds a reserved instruction');
    if (instruction < 0x80) {
      append(delta, position, instruction);
      position += instruction;
    } else {
      const offset = takeSparse(instruction, 4);
      append(base, offset, takeSparse(instruction >> 4, 3) || 0x10000);
    }
  }
  if (written !== size) throw badResponse('a delta leaves its object incomplete');
  return result;
}
