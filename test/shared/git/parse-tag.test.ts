import { describe, expect, it } from 'vitest';
import { parseTag } from '../../../shared/git/parse-tag.ts';
import { parseOid } from '../../../shared/model/oid.ts';
import { identityAt } from '../../support/commit-bytes.ts';
import { type TagParts, tagPayload } from '../../support/tag-bytes.ts';

const COMMIT = 'c'.repeat(40);
const OID = parseOid('a'.repeat(40));

const read = (raw: Buffer, name = 'v1', oid = OID) => parseTag(oid, raw, name);
const tag = (parts: Partial<TagParts> = {}) => tagPayload({ object: COMMIT, ...parts });

describe('a tag object (trust rule 4.9)', () => {
  it('is read from its raw bytes, in both formats', () => {
    const raw = tag({ tagger: identityAt(7, 'Zoë', 'zoe@example.com') });
    const tagger = { name: 'Zoë', email: 'zoe@example.com', seconds: 7 };
    expect(read(raw)).toEqual({ oid: OID, raw, commit: COMMIT, tagger });
    const long = 'd'.repeat(64);
    expect(read(tag({ object: long }), 'v1', parseOid('b'.repeat(64))).commit).toBe(long);
  });

  it('may have a name with any bytes that a ref may have, a message with carriage returns, and none at all', () => {
    expect(read(tag({ tag: 'älter/v1' }), 'älter/v1').commit).toBe(COMMIT);
    expect(read(tag({ message: 'One\r\nTwo\r\n' })).commit).toBe(COMMIT);
    expect(read(tag({ message: '' })).commit).toBe(COMMIT);
    expect(read(tag({ message: '' }).subarray(0, -1)).commit).toBe(COMMIT);
  });

  const text = tag().toString();
  it.each([
    ['a NUL byte', tag({ message: 'a\0b' }), 'a NUL byte'],
    ['an object of the other format', tag({ object: 'd'.repeat(64) }), '"object" holds no full object id'],
    ['an abbreviated object', tag({ object: 'cccc' }), '"object" holds no full object id'],
    ['an object in capitals', tag({ object: 'C'.repeat(40) }), '"object" holds no full object id'],
    ['another tag inside', tag({ type: 'tag' }), 'another tag in place of a commit'],
    ['a tree inside', tag({ type: 'tree' }), 'names no commit'],
    ['another name', tag({ tag: 'v2' }), 'under another name'],
    ['its full name', tag({ tag: 'refs/tags/v1' }), 'under another name'],
    ['white space in its name', tag({ tag: 'v1 ' }), 'under another name'],
    ['a carriage return in its name', tag({ tag: 'v1\r' }), 'stray carriage return'],
    ['a tagger without a date', tag({ tagger: 'Alice <alice@example.com>' }), '"tagger" is not'],
    ['no tagger, as very old tags', Buffer.from(text.replace(/tagger .*\n/, '')), 'its headers are not'],
    ['a second object', Buffer.from(text.replace('type', `object ${COMMIT}\ntype`)), 'its headers are not'],
    ['headers in another order', Buffer.from(text.replace(/(type .*\n)(tag .*\n)/, '$2$1')), 'its headers are not'],
    ['a header after the tagger', tag({ headers: 'encoding UTF-8\n' }), 'its headers are not'],
    ['the signature of another format', tag({ headers: 'gpgsig-sha256 x\n' }), 'its headers are not'],
    ['a header of two lines', tag({ tagger: `${identityAt(7)}\n more` }), 'its headers are not'],
    ['headers without end', Buffer.from(text.slice(0, text.indexOf('\n\n'))), 'its headers are not'],
    ['nothing', Buffer.alloc(0), 'its headers are not'],
  ])('is refused with %s', (_what, raw, message) => {
    expect(() => read(raw)).toThrow(expect.objectContaining({ code: 'malformed_tag' }));
    expect(() => read(raw)).toThrow(message);
  });
});
