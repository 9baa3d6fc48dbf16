import { describe, expect, it } from 'vitest';
import { parseCommit } from '../../../shared/git/parse-commit.ts';
import { DEFAULT_BRANCH_LIMITS } from '../../../shared/model/limits.ts';
import { parseOid } from '../../../shared/model/oid.ts';
import { splitCommit } from '../../../shared/signatures/split-commit.ts';
import { splitTag } from '../../../shared/signatures/split-tag.ts';

const SHA1 = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';
const SHA256 = '6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321';
const PEOPLE =
  'author Alice <alice@example.com> 1767225600 +0000\ncommitter Alice <alice@example.com> 1767225600 +0000\n';
const BEFORE = `tree ${SHA1}\n${PEOPLE}`;
const MESSAGE = '\nA message\n\nwith lines\r\nand a gpgsig line\n';

function split(text: string, id = SHA1) {
  const result = splitCommit(parseCommit(parseOid(id), Buffer.from(text, 'latin1'), DEFAULT_BRANCH_LIMITS));
  if ('outcome' in result) return result;
  const { payload, signature } = result;
  return {
    payload: Buffer.from(payload).toString('latin1'),
    signature: signature?.join('\n') ?? null,
  };
}

describe('a commit without a signature', () => {
  it('is its own payload', () => {
    expect(split(`${BEFORE}${MESSAGE}`)).toEqual({ payload: `${BEFORE}${MESSAGE}`, signature: null });
  });
});

describe('a commit with a signature (trust rule 1.4)', () => {
  it('is split byte for byte, whatever headers and bytes stand around it', () => {
    const after =
      'encoding ISO-8859-1\nchange-id xyz\nmergetag object 1\n type commit\n -----BEGIN PGP SIGNATURE-----\n \n iQ\n';
    const signed = `${BEFORE}gpgsig line 1\n \n  line 3\n line 4\n${after}\n\xfc\xff\n`;
    expect(split(signed)).toEqual({ payload: `${BEFORE}${after}\n\xfc\xff\n`, signature: 'line 1\n\n line 3\nline 4' });
  });

  it('keeps empty lines of the armor, and drops white space at the ends of its lines', () => {
    expect(split(`${BEFORE}gpgsig a\r\n \r\n b \t\r\n \n${MESSAGE}`)).toMatchObject({ signature: 'a\n\nb\n' });
  });

  it('may have an empty one', () => {
    expect(split(`${BEFORE}gpgsig \n${MESSAGE}`)).toEqual({ payload: `${BEFORE}${MESSAGE}`, signature: '' });
  });

  it('has another header in a SHA-256 repository', () => {
    const before = `tree ${SHA256}\n${PEOPLE}`;
    expect(split(`${before}gpgsig-sha256 a\n b\n${MESSAGE}`, SHA256)).toEqual({
      payload: `${before}${MESSAGE}`,
      signature: 'a\nb',
    });
  });
});

describe('a commit whose signed bytes are in doubt (trust rule 1.3)', () => {
  it.each([
    ['two signatures', `${BEFORE}gpgsig a\ngpgsig b\n${MESSAGE}`, SHA1],
    ['one for each object format', `${BEFORE}gpgsig a\ngpgsig-sha256 b\n${MESSAGE}`, SHA1],
    ['one for the other object format', `${BEFORE}gpgsig-sha256 a\n${MESSAGE}`, SHA1],
    ['one for SHA-1 in a SHA-256 repository', `tree ${SHA256}\n${PEOPLE}gpgsig a\n${MESSAGE}`, SHA256],
    ['a header that git leaves out too', `${BEFORE}gpgsig a\ngpgsig-x evil\n${MESSAGE}`, SHA1],
    ['such a header alone', `${BEFORE}gpgsigx evil\n${MESSAGE}`, SHA1],
  ])('is refused: %s', (_name, text, id) => {
    expect(split(text, id)).toMatchObject({ outcome: 'refused', reason: 'malformed_commit' });
  });
});

describe('an annotated tag', () => {
  const tag = `object ${SHA1}\ntype commit\ntag v1\ntagger Alice <alice@example.com> 1767225600 +0000\n\nA tag\n`;

  it('is split where its armor starts a line', () => {
    const signature = '-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n';
    const result = splitTag(Buffer.from(`${tag}x -----BEGIN PGP SIGNATURE-----\n${signature}`));
    expect(Buffer.from(result.payload).toString()).toBe(`${tag}x -----BEGIN PGP SIGNATURE-----\n`);
    expect(result.signature?.join('\n')).toBe(signature);
    expect(splitTag(Buffer.from(tag)).signature).toBeNull();
  });
});
