import { armorLines } from './armor-lines.ts';
import type { SignedPayload } from './split-commit.ts';

/** At the start of a line as git sees one: a lone carriage return ends none. */
const ARMOR = /\n-----BEGIN (?:PGP SIGNATURE|PGP MESSAGE|SSH SIGNATURE|SIGNED MESSAGE)-----/;

/**
 * Tells an annotated tag's signed bytes from the signature that ends the object. What follows the first armor line is the
 * signature, so a second block or any other text after it is found when the armor is read (trust rule 4.9).
 */
export function splitTag(raw: Uint8Array): SignedPayload {
  const lineFeed = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString('latin1').search(ARMOR);
  if (lineFeed === -1) return { payload: raw, signature: null };
  const start = lineFeed + 1;
  return { payload: raw.subarray(0, start), signature: armorLines(raw.subarray(start)) };
}
