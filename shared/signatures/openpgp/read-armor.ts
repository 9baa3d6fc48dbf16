import type { ArmorLines } from '../armor-lines.ts';
import { decodeBase64 } from '../base64.ts';
import { MalformedError } from '../malformed-error.ts';
import { joinBody } from './armor-body.ts';

const BEGIN = '-----BEGIN PGP SIGNATURE-----';
const END = '-----END PGP SIGNATURE-----';
/** RFC 9580, section 6.2.2. Nothing signs these lines, so they have few names and little room. */
const HEADER = /^(?:Version|Comment|Hash|Charset|MessageID):(?: [\x20-\x7e\x80-\xff]{0,200})?$/;
const MAX_HEADERS = 8;

/**
 * The bytes in an ASCII armored signature (RFC 9580, section 6.2). Trust rule 2.1: the armor is the whole text, one block,
 * with nothing after it but white space; the checksum is not looked at.
 */
export function readArmor(lines: ArmorLines): Buffer {
  if (lines[0] !== BEGIN) throw new MalformedError('it does not start with an armor line');
  const body = skipHeaders(lines);
  const end = lines.indexOf(END, body);
  if (end === -1) throw new MalformedError('its armor has no end');
  for (let after = end + 1; after < lines.length; after += 1)
    if (lines[after] !== '') throw new MalformedError('text follows its armor');
  return decodeBase64(joinBody(lines, body, end));
}

/** The index of the first line of base64. */
function skipHeaders(lines: ArmorLines): number {
  const blank = lines.indexOf('', 1);
  if (blank === -1) throw new MalformedError('its armor lacks the empty line after the headers');
  if (blank - 1 > MAX_HEADERS) throw new MalformedError('its armor has too many headers');
  for (let header = 1; header < blank; header += 1) {
    if (!HEADER.test(String(lines[header])))
      throw new MalformedError('its armor has a header that is unknown or too long');
  }
  return blank + 1;
}
