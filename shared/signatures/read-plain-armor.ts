import type { ArmorLines } from './armor-lines.ts';
import { decodeBase64 } from './base64.ts';
import { MalformedError } from './malformed-error.ts';

/**
 * The bytes in an armor without headers and checksum, as SSH (PROTOCOL.sshsig) and X.509 have it. Trust rule 2.1: one block,
 * and white space alone after it.
 * @param label - `SSH SIGNATURE`
 */
export function readPlainArmor(lines: ArmorLines, label: string): Buffer {
  if (lines[0] !== `-----BEGIN ${label}-----`) throw new MalformedError('it does not start with an armor line');
  const end = lines.indexOf(`-----END ${label}-----`);
  if (end === -1) throw new MalformedError('its armor has no end');
  for (let after = end + 1; after < lines.length; after += 1)
    if (lines[after] !== '') throw new MalformedError('text follows its armor');
  return decodeBase64(lines.slice(1, end).join(''));
}
