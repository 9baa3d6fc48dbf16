import type { ArmorLines } from '../armor-lines.ts';
import { decodeBase64 } from '../base64.ts';
import { MalformedError } from '../malformed-error.ts';

const BEGIN = '-----BEGIN SSH SIGNATURE-----';
const END = '-----END SSH SIGNATURE-----';

/** The bytes in an armored SSH signature (PROTOCOL.sshsig). Trust rule 2.1: one block, and white space alone after it. */
export function readSshArmor(lines: ArmorLines): Buffer {
  if (lines[0] !== BEGIN) throw new MalformedError('it does not start with an armor line');
  const end = lines.indexOf(END);
  if (end === -1) throw new MalformedError('its armor has no end');
  for (let after = end + 1; after < lines.length; after += 1)
    if (lines[after] !== '') throw new MalformedError('text follows its armor');
  return decodeBase64(lines.slice(1, end).join(''));
}
