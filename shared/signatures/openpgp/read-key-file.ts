import { armorLines } from '../armor-lines.ts';
import { decodeBase64 } from '../base64.ts';
import { MalformedError } from '../malformed-error.ts';

/** What a file of keys holds: the bytes of each block that could be read, and what is wrong with the others. */
export interface KeyFile {
  readonly blocks: readonly Uint8Array[];
  readonly problems: readonly string[];
}

const BEGIN = /^-----BEGIN PGP ([A-Z ]+)-----$/;
const HEADER = /^[A-Za-z-]+:(?: |$)/;
const CHECKSUM = /^=[A-Za-z0-9+/]{4}$/;
const EXPORT = 'Export the key again with `gpg --export --armor`.';

/** A binary export is one block; armored ones may follow each other, with any text between them. */
export function readKeyFile(file: Uint8Array): KeyFile {
  const [first = 0] = file;
  if (first >= 0x80) return { blocks: [file], problems: [] };
  const lines = armorLines(file);
  const blocks: Uint8Array[] = [];
  const problems: string[] = [];
  for (let index = 0; index < lines.length; index += 1) {
    const label = BEGIN.exec(lines[index] ?? '')?.[1];
    if (label === undefined) continue;
    const end = lines.indexOf(`-----END PGP ${label}-----`, index);
    try {
      blocks.push(readBlock(label, lines.slice(index + 1, end === -1 ? undefined : end), end !== -1));
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      problems.push(`The key block on line ${index + 1} cannot be read: ${error.message}.`);
    }
    index = end === -1 ? lines.length : end;
  }
  if (blocks.length + problems.length === 0) problems.push(`The file holds no OpenPGP key. ${EXPORT}`);
  return { blocks, problems };
}

/** Lenient where exports are: any header, no empty line after them (public keyrings hold such files), any checksum. */
function readBlock(label: string, lines: readonly string[], isEnded: boolean): Uint8Array {
  if (label === 'PRIVATE KEY BLOCK') {
    throw new MalformedError(
      'it holds a PRIVATE key, which must not be here; export the public one, and take this one as leaked',
    );
  }
  if (label !== 'PUBLIC KEY BLOCK') throw new MalformedError('it is no public key');
  if (!isEnded) throw new MalformedError('its end is missing');
  const body = lines.slice(lines.findIndex((line) => !HEADER.test(line))).filter((line) => line !== '');
  const last = body.at(-1) ?? '';
  return decodeBase64((CHECKSUM.test(last) ? body.slice(0, -1) : body).join(''));
}
