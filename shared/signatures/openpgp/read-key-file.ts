import { armorLines } from '../armor-lines.ts';
import { decodeBase64 } from '../base64.ts';
import { MalformedError } from '../malformed-error.ts';
import { joinBody } from './armor-body.ts';
import { describeProblem } from './describe-problem.ts';
import { splitCertificates } from './split-certificates.ts';

/** What a file of keys holds: the bytes of each certificate, and what is wrong with the blocks that could not be read. */
export interface KeyFile {
  readonly certificates: readonly Uint8Array[];
  readonly problems: readonly string[];
}

const BEGIN = /^-----BEGIN PGP ([A-Z ]+)-----$/;
const HEADER = /^[A-Za-z-]+:(?: |$)/;

/** A binary export is one block; armored ones may follow each other, with any text between them. */
export function readKeyFile(file: Uint8Array): KeyFile {
  const certificates: Uint8Array[] = [];
  const problems: string[] = [];
  const add = (name: string, decode: () => Uint8Array): void => {
    try {
      certificates.push(...splitCertificates(decode()));
    } catch (error) {
      problems.push(`${name} cannot be read: ${describeProblem(error)}.`);
    }
  };
  if (Number(file[0]) >= 0x80) add('The file', () => file);
  else
    for (const block of findBlocks(armorLines(file)))
      add(`The key block on line ${block.line}`, () => decodeBlock(block));
  if (certificates.length + problems.length === 0) {
    problems.push('The file holds no OpenPGP key. Export one with `gpg --export --armor`.');
  }
  return { certificates, problems };
}

interface ArmoredBlock {
  /** The number of its first line. */
  readonly line: number;
  readonly label: string;
  readonly lines: readonly string[];
  readonly isEnded: boolean;
}

function findBlocks(lines: readonly string[]): ArmoredBlock[] {
  const blocks: ArmoredBlock[] = [];
  let next = 0;
  for (const [index, line] of lines.entries()) {
    const label = BEGIN.exec(line)?.[1];
    if (label === undefined || index < next) continue;
    const end = lines.indexOf(`-----END PGP ${label}-----`, index);
    next = end === -1 ? lines.length : end;
    blocks.push({ line: index + 1, label, lines: lines.slice(index + 1, next), isEnded: end !== -1 });
  }
  return blocks;
}

/** Lenient where exports are: any header, no empty line after them (public keyrings hold such files), any checksum. */
function decodeBlock({ label, lines, isEnded }: ArmoredBlock): Buffer {
  if (label === 'PRIVATE KEY BLOCK') {
    throw new MalformedError(
      'it holds a PRIVATE key, which must not be here; export the public one, and take this one as leaked',
    );
  }
  if (label !== 'PUBLIC KEY BLOCK') throw new MalformedError('it is no public key');
  if (!isEnded) throw new MalformedError('its end is missing');
  const start = lines.findIndex((line) => !HEADER.test(line));
  const body = lines.slice(start).filter((line) => line !== '');
  return decodeBase64(joinBody(body, 0, body.length));
}
