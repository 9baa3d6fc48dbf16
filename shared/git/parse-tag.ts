import { Buffer } from 'node:buffer';
import type { Identity } from '../model/commit.ts';
import { HeadlockError } from '../model/headlock-error.ts';
import { isOid, type Oid } from '../model/oid.ts';
import { parseIdentity } from './parse-identity.ts';

/** An annotated tag read strictly from its raw bytes (trust rule 4.9). */
export interface Tag {
  readonly oid: Oid;
  /** The object's body: what follows `tag <length>\0`. */
  readonly raw: Uint8Array;
  readonly commit: Oid;
  readonly tagger: Identity;
}

/** Each header once, in this order, and no other. `gpgsig` headers belong to other formats of the object, and git does not sign them. */
const HEADERS = /^object ([^\n]*)\ntype ([^\n]*)\ntag ([^\n]*)\ntagger ([^\n]*)\n(?:\n|$)/;

/**
 * Reads a tag object, whose bytes must hash to `oid` (the transports see to that).
 * @param name - the ref's, without `refs/tags/`: the object must have the same (trust rule 4.9)
 * @throws HeadlockError `malformed_tag`
 */
export function parseTag(oid: Oid, raw: Uint8Array, name: string): Tag {
  const text = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString('latin1'); // an offset in the text is one in the bytes
  if (text.includes('\0')) throw malformed('it has a NUL byte');
  const match = HEADERS.exec(text);
  if (match === null) throw malformed('its headers are not object, type, tag and tagger, each once and in that order');
  const [headers, commit = '', type, inner = '', taggerValue = ''] = match;
  // As in a commit: no carriage return in a header (trust rule 1.2).
  if (headers.includes('\r')) throw malformed('a header has a stray carriage return');
  if (commit.length !== oid.length || !isOid(commit)) throw malformed('header "object" holds no full object id');
  if (type === 'tag') throw malformed('it names another tag in place of a commit');
  if (type !== 'commit') throw malformed('it names no commit');
  // A good signature under one name would else count under every name.
  if (inner !== Buffer.from(name).toString('latin1')) throw malformed('it was made under another name');
  const tagger = parseIdentity(taggerValue);
  if (tagger === null) throw malformed('header "tagger" is not "Name <email> seconds zone"');
  return { oid, raw, commit, tagger };
}

function malformed(what: string): HeadlockError<'malformed_tag'> {
  return new HeadlockError('malformed_tag', `${what}.`, { kind: 'input' });
}
