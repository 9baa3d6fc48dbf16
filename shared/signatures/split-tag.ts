import { armorLines } from './armor-lines.ts';
import type { SignedPayload } from './split-commit.ts';

const ARMOR = /^-----BEGIN (?:PGP SIGNATURE|PGP MESSAGE|SSH SIGNATURE|SIGNED MESSAGE)-----/m;

/**
 * Tells an annotated tag's signed bytes from the signature that ends the object. What follows the first armor line is the
 * signature, so a second block or any other text after it is found when the armor is read.
 */
export function splitTag(raw: Uint8Array): SignedPayload {
  const start = Buffer.from(raw).toString('latin1').search(ARMOR);
  if (start === -1) return { payload: raw, signature: null };
  return { payload: raw.subarray(0, start), signature: armorLines(raw.subarray(start)) };
}
