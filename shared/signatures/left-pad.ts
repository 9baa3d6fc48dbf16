import { MalformedError } from './malformed-error.ts';

/** A big-endian number at its full width. Numbers travel without leading zeros; OpenSSL wants them. */
export function leftPad(magnitude: Uint8Array, width: number): Uint8Array {
  if (magnitude.length === width) return magnitude;
  if (magnitude.length > width) throw new MalformedError('its number is longer than its key allows');
  const padded = new Uint8Array(width);
  padded.set(magnitude, width - magnitude.length);
  return padded;
}
