import { MalformedError } from './malformed-error.ts';

/**
 * Canonical base64 alone: `Buffer.from` skips foreign characters and ignores stray bits, so the text must be exactly what
 * its bytes encode to (trust rule 2.1).
 */
export function decodeBase64(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length === 0 || bytes.toString('base64') !== text) throw new MalformedError('its base64 is not canonical');
  return bytes;
}
