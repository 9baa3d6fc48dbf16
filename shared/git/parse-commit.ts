import { Buffer } from 'node:buffer';
import type { Commit, CommitHeader, CommitNode, Identity } from '../model/commit.ts';
import { HeadlockError } from '../model/headlock-error.ts';
import type { BranchLimits } from '../model/limits.ts';
import { formatOfOid, isOid, type Oid, parseOid } from '../model/oid.ts';
import { parseIdentity } from './parse-identity.ts';

export type CommitErrorCode = 'malformed_commit' | 'limit_exceeded';

/** Headers with one place and one form; whatever follows them is the writer's affair. */
const LEADING_HEADERS: ReadonlySet<string> = new Set(['tree', 'parent', 'author', 'committer']);

/** Only these carry armor, which real tools end with CR LF. */
const SIGNATURE_HEADERS: ReadonlySet<string> = new Set(['gpgsig', 'gpgsig-sha256']);

/**
 * Reads a commit strictly from its raw bytes, which must hash to `oid` (the transports see to that).
 * @throws HeadlockError `malformed_commit` with the line at fault, or `limit_exceeded`
 */
export function parseCommit(oid: Oid, raw: Uint8Array, limits: Pick<BranchLimits, 'parents'>): Commit {
  const text = asBuffer(raw).toString('latin1'); // an offset in the text is one in the bytes
  if (text.includes('\0')) throw malformed(oid, 'it has a NUL byte'); // Trust rule 1.2: no NUL byte anywhere.
  const headers = readHeaders(oid, text);
  if (text.includes('\r')) refuseStrayCarriageReturns(oid, text, headers);

  // Trust rules 1.2, 1.5: tree, parents, author, committer, in that order, read from these bytes alone.
  let next = 0;
  const takeValue = (name: string): string | null => {
    const header = headers[next];
    if (header?.name !== name) return null;
    next += 1;
    return headerValue(header, text);
  };
  const demandValue = (name: string): string => {
    const value = takeValue(name);
    if (value === null) throw malformed(oid, `header ${next + 1} is not "${name}"`);
    return value;
  };

  const tree = parseLink(oid, 'tree', demandValue('tree'));
  const parents: Oid[] = [];
  for (let value = takeValue('parent'); value !== null; value = takeValue('parent')) {
    if (parents.length === limits.parents) throw tooManyParents(oid, limits.parents);
    parents.push(parseLink(oid, 'parent', value));
  }
  const authorValue = demandValue('author');
  const author = demandIdentity(oid, 'author', authorValue);
  const committerValue = demandValue('committer');
  // Most commits say the same of both.
  const committer = committerValue === authorValue ? author : demandIdentity(oid, 'committer', committerValue);
  for (; next < headers.length; next += 1) {
    const name = String(headers[next]?.name);
    if (LEADING_HEADERS.has(name)) throw malformed(oid, `header "${name}" is repeated or out of place`);
  }
  return { oid, format: formatOfOid(oid), raw, tree, parents, author, committer, headers, text };
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

const LF = 0x0a;
const SPACE = 0x20;

/** The lines before the first empty one; a commit may end without one. */
function readHeaders(oid: Oid, text: string): readonly CommitHeader[] {
  const headers: CommitHeader[] = [];
  for (let start = 0; start < text.length && text.charCodeAt(start) !== LF; ) {
    let end = endOfLine(oid, text, start);
    const space = text.indexOf(' ', start);
    if (space <= start || space >= end) throw malformed(oid, `header ${headers.length + 1} has no name or no value`);
    while (text.charCodeAt(end) === SPACE) end = endOfLine(oid, text, end);
    headers.push({ name: text.slice(start, space), start, end });
    start = end;
  }
  return headers;
}

/** Behind the line feed. */
function endOfLine(oid: Oid, text: string, start: number): number {
  const lineFeed = text.indexOf('\n', start);
  if (lineFeed === -1) throw malformed(oid, 'its headers do not end');
  return lineFeed + 1;
}

/** Without name, space and last line feed; continuation lines keep theirs. */
function headerValue({ name, start, end }: CommitHeader, text: string): string {
  return text.slice(start + name.length + 1, end - 1);
}

/** Trust rule 1.2: CR in a header only at line ends inside the signature header. */
function refuseStrayCarriageReturns(oid: Oid, text: string, headers: readonly CommitHeader[]): void {
  for (const header of headers) {
    const stray = SIGNATURE_HEADERS.has(header.name) ? /\r(?!\n|$)/ : /\r/;
    if (header.name.includes('\r') || stray.test(headerValue(header, text)))
      throw malformed(oid, 'a header has a stray carriage return');
  }
}

function parseLink(oid: Oid, name: string, value: string): Oid {
  if (value.length !== oid.length || !isOid(value)) throw malformed(oid, `header "${name}" holds no full object id`);
  return value;
}

function demandIdentity(oid: Oid, name: string, value: string): Identity {
  const identity = parseIdentity(value);
  if (identity === null) throw malformed(oid, `header "${name}" is not "Name <email> seconds zone"`);
  return identity;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function startsWith(bytes: Buffer, prefix: string, offset: number): boolean {
  for (let index = 0; index < prefix.length; index += 1)
    if (bytes[offset + index] !== prefix.charCodeAt(index)) return false;
  return true;
}

function malformed(oid: Oid, what: string): HeadlockError<CommitErrorCode> {
  const advice = 'Make the commit again with git, or drop it from the branch.';
  return new HeadlockError('malformed_commit', `Commit ${oid} is malformed: ${what}. ${advice}`, { kind: 'input' });
}

function tooManyParents(oid: Oid, limit: number): HeadlockError<CommitErrorCode> {
  const message = `Commit ${oid} has more than ${limit} parents. Merge in steps, or raise limits.parents of the branch.`;
  return new HeadlockError('limit_exceeded', message, { kind: 'input' });
}
