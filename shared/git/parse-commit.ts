import { Buffer } from 'node:buffer';
import type { Commit, CommitHeader, CommitNode, Identity } from '../model/commit.ts';
import { HeadlockError } from '../model/headlock-error.ts';
import type { BranchLimits } from '../model/limits.ts';
import { formatOfOid, isOid, type Oid, parseOid } from '../model/oid.ts';

export type CommitErrorCode = 'malformed_commit' | 'limit_exceeded';

/** Headers with one place and one form; whatever follows them is the writer's affair. */
const LEADING_HEADERS: ReadonlySet<string> = new Set(['tree', 'parent', 'author', 'committer']);

/** Only these carry armor, which real tools end with CR LF. */
const SIGNATURE_HEADERS: ReadonlySet<string> = new Set(['gpgsig', 'gpgsig-sha256']);

/** One `<`, one `>`, seconds that neither overflow nor start with 0 in vain, and the zone, which old tools wrote with up to six digits. */
const IDENTITY = /^(?:([^<>\n]*) )?<([^<>\n]*)> (0|[1-9]\d{0,14}) [+-]\d{4,6}$/;

/**
 * Reads a commit strictly from its raw bytes, which must hash to `oid` (the transports see to that).
 * @throws HeadlockError `malformed_commit` with the line at fault, or `limit_exceeded`
 */
export function parseCommit(oid: Oid, raw: Uint8Array, limits: Pick<BranchLimits, 'parents'>): Commit {
  const bytes = asBuffer(raw);
  if (bytes.includes(0)) throw malformed(oid, 'it has a NUL byte'); // Trust rule 1.2: no NUL byte anywhere.
  const lines = readHeaders(oid, bytes);

  // Trust rules 1.2, 1.5: tree, parents, author, committer, in that order, read from these bytes alone.
  let next = 0;
  const take = (name: string): HeaderLine | null => (lines[next]?.name === name ? (lines[next++] ?? null) : null);
  const demand = (name: string): HeaderLine => {
    const line = take(name);
    if (line === null) throw malformed(oid, `header ${next + 1} is not "${name}"`);
    return line;
  };

  const tree = parseLink(oid, demand('tree'));
  const parents: Oid[] = [];
  for (let line = take('parent'); line !== null; line = take('parent')) {
    if (parents.length === limits.parents) throw tooManyParents(oid, limits.parents);
    parents.push(parseLink(oid, line));
  }
  const author = parseIdentity(oid, demand('author'));
  const committer = parseIdentity(oid, demand('committer'));
  const misplaced = lines.slice(next).find((line) => LEADING_HEADERS.has(line.name));
  if (misplaced !== undefined) throw malformed(oid, `header "${misplaced.name}" is repeated or out of place`);

  const headers = lines.map(({ name, start, end }): CommitHeader => ({ name, start, end }));
  return { oid, format: formatOfOid(oid), raw, tree, parents, author, committer, headers };
}

/** Reads the leading tree and parent lines alone: all that an accepted ancestor needs (trust rule 1.2). Null where even these are broken. */
export function readCommitNode(oid: Oid, raw: Uint8Array): CommitNode | null {
  const bytes = asBuffer(raw);
  const parents: Oid[] = [];
  let start = 0;
  const takeLink = (name: 'tree' | 'parent'): Oid | null => {
    const end = start + name.length + 1 + oid.length;
    const id = bytes.toString('latin1', start + name.length + 1, end);
    if (bytes[end] !== LF || !isOid(id) || id.length !== oid.length) return null;
    start = end + 1;
    return id;
  };

  if (!startsWith(bytes, 'tree ', start) || takeLink('tree') === null) return null;
  while (startsWith(bytes, 'parent ', start)) {
    const parent = takeLink('parent');
    if (parent === null) return null;
    parents.push(parent);
  }
  return { oid, parents };
}

/** The tree alone, of a commit whose leading lines can be read; else null. */
export function readTree(oid: Oid, raw: Uint8Array): Oid | null {
  if (readCommitNode(oid, raw) === null) return null;
  const start = 'tree '.length;
  return parseOid(asBuffer(raw).toString('latin1', start, start + oid.length));
}

interface HeaderLine extends CommitHeader {
  /** One character a byte, without name, space and last line feed; continuation lines keep theirs. */
  readonly value: string;
}

const LF = 0x0a;

function readHeaders(oid: Oid, bytes: Buffer): readonly HeaderLine[] {
  const blankLine = bytes.indexOf('\n\n');
  const text = bytes.toString('latin1', 0, blankLine < 0 ? bytes.length : blankLine + 1); // latin1: an offset in the text is one in the bytes
  if (!text.endsWith('\n')) throw malformed(oid, 'its headers do not end');

  const lines: HeaderLine[] = [];
  for (let start = 0, end = 0; start < text.length; start = end) {
    end = text.indexOf('\n', start) + 1;
    while (text[end] === ' ') end = text.indexOf('\n', end) + 1;
    const name = /^[^ \n]+(?= )/.exec(text.slice(start, end))?.[0];
    if (name === undefined) throw malformed(oid, `header ${lines.length + 1} has no name or no value`);
    lines.push({ name, start, end, value: text.slice(start + name.length + 1, end - 1) });
  }
  if (lines.some(hasStrayCarriageReturn)) throw malformed(oid, 'a header has a stray carriage return');
  return lines;
}

/** Trust rule 1.2: CR in a header only at line ends inside the signature header. */
function hasStrayCarriageReturn({ name, value }: HeaderLine): boolean {
  return name.includes('\r') || (SIGNATURE_HEADERS.has(name) ? /\r(?!\n|$)/ : /\r/).test(value);
}

function parseLink(oid: Oid, { name, value }: HeaderLine): Oid {
  if (!isOid(value) || value.length !== oid.length) throw malformed(oid, `header "${name}" holds no full object id`);
  return value;
}

function parseIdentity(oid: Oid, { name, value }: HeaderLine): Identity {
  const match = IDENTITY.exec(value);
  if (match === null) throw malformed(oid, `header "${name}" is not "Name <email> seconds zone"`);
  const [, person = '', email = '', seconds] = match;
  return { name: decodeUtf8(person), email: decodeUtf8(email), seconds: Number(seconds) };
}

function decodeUtf8(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8');
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function startsWith(bytes: Buffer, prefix: string, offset: number): boolean {
  return bytes.toString('latin1', offset, offset + prefix.length) === prefix;
}

function malformed(oid: Oid, what: string): HeadlockError<CommitErrorCode> {
  const advice = 'Make the commit again with git, or drop it from the branch.';
  return new HeadlockError('malformed_commit', `Commit ${oid} is malformed: ${what}. ${advice}`, { kind: 'input' });
}

function tooManyParents(oid: Oid, limit: number): HeadlockError<CommitErrorCode> {
  const message = `Commit ${oid} has more than ${limit} parents. Merge in steps, or raise limits.parents of the branch.`;
  return new HeadlockError('limit_exceeded', message, { kind: 'input' });
}
