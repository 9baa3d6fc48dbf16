import { HeadlockError } from '../../model/headlock-error.ts';
import { matchesPatterns } from '../../model/match-patterns.ts';
import type { SshKey, UnixSeconds } from '../../model/signatory.ts';
import { armorLines } from '../armor-lines.ts';
import { parseSshPublicKey } from './parse-public-key.ts';

/** One line of an `allowed_signers` file (ssh-keygen(1), ALLOWED SIGNERS). Its texts hold one character a byte. */
export interface AllowedSigner {
  readonly principals: string;
  readonly key: SshKey;
  readonly isAuthority: boolean;
  /** Null where it may sign in every namespace. */
  readonly namespaces: string | null;
  readonly validFrom: UnixSeconds | null;
  readonly validUntil: UnixSeconds | null;
}

type Options = Omit<AllowedSigner, 'principals' | 'key'>;

const LINE = /^(?:"([^"]+)"|([^" \t]+))[ \t]+(.*)$/;
const OPTION = /(cert-authority|namespaces|valid-after|valid-before)(?:="([^"\\]*)")?(?:,(?=[a-z])|(?=[ \t]))/iy;
const KEY_TYPE = /^(?:ssh|ecdsa|sk)-/;
const TIME = /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?Z?$/;

/**
 * Reads the file as OpenSSH does, but for what OpenSSH would skip: a line that cannot be read refuses the whole file. A time
 * without `Z` is UTC.
 * @throws HeadlockError `invalid_allowed_signers` (input), with the number of the line.
 */
export function parseAllowedSigners(file: Uint8Array): readonly AllowedSigner[] {
  return armorLines(file).flatMap((text, index) => {
    const line = text.replace(/^[ \t]+/, '');
    if (line === '' || line.startsWith('#')) return [];
    try {
      return [parseLine(line)];
    } catch (cause) {
      const message = `Line ${index + 1} cannot be read: ${Object(cause).message}`;
      throw new HeadlockError('invalid_allowed_signers', message, { kind: 'input', cause });
    }
  });
}

/**
 * The keys by which a person with these names may sign commits. A line counts where its patterns take one of the names, and
 * an authority's certificates where they name such a one.
 */
export function compileAllowedSigners(lines: readonly AllowedSigner[], names: readonly string[]): readonly SshKey[] {
  return lines.flatMap(({ principals, key, isAuthority, namespaces, validFrom, validUntil }) => {
    if (namespaces !== null && !matchesPatterns('git', namespaces)) return [];
    const matching = names.filter((name) => matchesPatterns(Buffer.from(name).toString('latin1'), principals));
    if (matching.length === 0) return [];
    return {
      ...key,
      ...(isAuthority && { principals: matching }),
      ...(validFrom !== null && { validFrom }),
      ...(validUntil !== null && { validUntil }),
    };
  });
}

function parseLine(line: string): AllowedSigner {
  const [, quoted, bare = '', rest = ''] = LINE.exec(line) ?? [];
  const principals = quoted ?? bare;
  if (principals === '' || [...line].some((character) => character < ' ' && character !== '\t')) {
    throw invalid('it is not principals, options and a key.');
  }
  if (KEY_TYPE.test(rest)) return { principals, key: parseSshPublicKey(rest), ...readOptions([]) };
  const { pairs, key } = splitOptions(rest);
  return { principals, key: parseSshPublicKey(key), ...readOptions(pairs) };
}

type Pair = readonly [name: string, value: string | undefined];

function splitOptions(text: string): { readonly pairs: readonly Pair[]; readonly key: string } {
  const pairs: Pair[] = [];
  let at = 0;
  while (text[at] !== ' ' && text[at] !== '\t') {
    OPTION.lastIndex = at;
    const [all = '', name = '', value] = OPTION.exec(text) ?? [];
    if (all === '') throw invalid('it has an option that is not known, or nothing after its principals.');
    pairs.push([name.toLowerCase(), value]);
    at += all.length;
  }
  return { pairs, key: text.slice(at) };
}

function readOptions(pairs: readonly Pair[]): Options {
  const options = new Map(pairs);
  const hasWrongValue = pairs.some(([name, value]) => (name === 'cert-authority') !== (value === undefined));
  const isRepeated = options.size < pairs.length;
  if (hasWrongValue || isRepeated) throw invalid('it has an option twice, or one without its value in quotes.');
  const after = readTime(options.get('valid-after'));
  const before = readTime(options.get('valid-before'));
  if (after !== null && before !== null && before <= after) throw invalid('it ends before it starts to count.');
  return {
    isAuthority: options.has('cert-authority'),
    namespaces: options.get('namespaces') ?? null,
    validFrom: after,
    // OpenSSH lets the second itself pass.
    validUntil: before === null ? null : before + 1,
  };
}

function readTime(text: string | undefined): UnixSeconds | null {
  if (text === undefined) return null;
  const [, year = '', month = '', day = '', hour = '00', minute = '00', second = '00'] = TIME.exec(text) ?? [];
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  const time = Date.parse(`${iso}Z`);
  // `Date.parse` takes the 31st of every month.
  if (!(time > 0) || !new Date(time).toISOString().startsWith(iso)) {
    throw invalid('it has a time that is none: write 20270630 or 20270630120000Z.');
  }
  return time / 1000;
}

function invalid(message: string): HeadlockError {
  return new HeadlockError('invalid_allowed_signers', message, { kind: 'input' });
}
