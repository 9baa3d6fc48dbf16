import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCommit, readCommitNode, readTree } from '../../../shared/git/parse-commit.ts';
import { type Oid, parseOid } from '../../../shared/model/oid.ts';

const OID = parseOid('1'.repeat(40));
const TREE = 'a'.repeat(40);
const PARENT = 'b'.repeat(40);
const WHO = 'Alice Á <alice@example.com> 1700000000 +0100';
const LIMITS = { parents: 16 };

const HEAD = `tree ${TREE}\nparent ${PARENT}\nauthor ${WHO}\ncommitter ${WHO}\n`;
const SIGNATURE = 'gpgsig -----BEGIN PGP SIGNATURE-----\n \n AAAA\n -----END PGP SIGNATURE-----\n';

const parse = (text: string, oid: Oid = OID) => parseCommit(oid, Buffer.from(text), LIMITS);

describe('a legitimate commit', () => {
  test('gives tree, parents, identities and every header with its bytes', () => {
    const text = `${HEAD}encoding UTF-8\n${SIGNATURE}change-id zyx\n\nmessage\r\nwith CR LF\n`;
    const commit = parse(text);
    expect(commit).toMatchObject({ oid: OID, format: 'sha1', tree: TREE, parents: [PARENT] });
    expect(commit.author).toEqual({ name: 'Alice Á', email: 'alice@example.com', seconds: 1_700_000_000 });
    expect(commit.committer).toEqual(commit.author);
    const bytes = Buffer.from(text);
    const slices = commit.headers.map(({ name, start, end }) => [name, bytes.toString('utf8', start, end)]);
    expect(slices).toEqual([
      ['tree', `tree ${TREE}\n`],
      ['parent', `parent ${PARENT}\n`],
      ['author', `author ${WHO}\n`],
      ['committer', `committer ${WHO}\n`],
      ['encoding', 'encoding UTF-8\n'],
      ['gpgsig', SIGNATURE],
      ['change-id', 'change-id zyx\n'],
    ]);
    expect(slices.map(([, slice]) => slice).join('')).toBe(text.slice(0, text.indexOf('\n\n') + 1));
  });

  test.each([
    ['a root commit', HEAD.replace(/parent.*\n/, '')],
    ['no message and no blank line', HEAD],
    ['an empty message', `${HEAD}\n`],
    ['CR LF inside the signature header', `${HEAD}${SIGNATURE.replaceAll('\n', '\r\n')}\nm`],
    ['CR LF inside a SHA-256 signature header', `${HEAD}gpgsig-sha256 a\r\n b\r\n\nm`],
    ['the same header twice, for whoever judges signatures', `${HEAD}gpgsig a\ngpgsig b\n\nm`],
    ['a merge tag', `${HEAD}mergetag object ${PARENT}\n type commit\n \n text\n\nm`],
    ['an empty header', `${HEAD}note \n\nm`],
    ['headers of hg-git', `${HEAD}HG:extra branch:default\n\nm`],
    ['a header in the message', `${HEAD}\ntree x\nparent y\n`],
  ])('may have %s', (_, text) => {
    expect(() => parse(text)).not.toThrow();
  });

  test.each([
    ['no name', ' <a@b> 1 +0000', { name: '', email: 'a@b', seconds: 1 }],
    ['no name and no space', '<a@b> 1 +0000', { name: '', email: 'a@b', seconds: 1 }],
    ['no email', 'A <> 1 +0000', { name: 'A', email: '', seconds: 1 }],
    ['the time 0', 'A <a@b> 0 -0000', { name: 'A', email: 'a@b', seconds: 0 }],
    ['a zone of six digits', 'A <a@b> 1312735823 +051800', { name: 'A', email: 'a@b', seconds: 1_312_735_823 }],
  ])('may have an identity with %s', (_, who, identity) => {
    expect(parse(HEAD.replace(/author .*/, `author ${who}`)).author).toEqual(identity);
  });

  test('of a SHA-256 repository has longer ids', () => {
    const oid = parseOid('1'.repeat(64));
    const text = HEAD.replace(TREE, 'a'.repeat(64)).replace(PARENT, 'b'.repeat(64));
    expect(parse(text, oid)).toMatchObject({ format: 'sha256', tree: 'a'.repeat(64), parents: ['b'.repeat(64)] });
  });
});

describe('rule 1.2: a malformed commit is refused', () => {
  test.each([
    ['nothing', ''],
    ['a blank line first', `\n${HEAD}`],
    ['headers without an end', HEAD.slice(0, -1)],
    ['NUL in the message', `${HEAD}\na\0b`],
    ['NUL in a header', `${HEAD}note a\0b\n\nm`],
    ['no tree', HEAD.replace(/tree.*\n/, '')],
    ['two trees', `tree ${TREE}\n${HEAD}`],
    ['a tree at the end', `${HEAD}tree ${TREE}\n\nm`],
    ['a parent after the author', HEAD.replace(/(parent.*\n)(author.*\n)/, '$2$1')],
    ['a parent after the committer', `${HEAD}parent ${PARENT}\n\nm`],
    ['a parent before the tree', HEAD.replace(/(tree.*\n)(parent.*\n)/, '$2$1')],
    ['no author', HEAD.replace(/author.*\n/, '')],
    ['two authors', HEAD.replace(/(author.*\n)/, '$1$1')],
    ['no committer', HEAD.replace(/committer.*\n/, '')],
    ['two committers', `${HEAD}committer ${WHO}\n\nm`],
    ['the committer first', HEAD.replace(/(author.*\n)(committer.*\n)/, '$2$1')],
    ['a header between tree and author', HEAD.replace('author', 'note x\nauthor')],
    ['a header between author and committer', HEAD.replace('committer', 'note x\ncommitter')],
    ['a signature before the committer', HEAD.replace('committer', `${SIGNATURE}committer`)],
    ['a tree of upper-case digits', HEAD.replace(TREE, 'A'.repeat(40))],
    ['a short tree', HEAD.replace(TREE, 'a'.repeat(39))],
    ['a SHA-256 tree in a SHA-1 commit', HEAD.replace(TREE, 'a'.repeat(64))],
    ['a tree with a space behind it', HEAD.replace(TREE, `${TREE} `)],
    ['a tree on two lines', HEAD.replace(TREE, `${TREE}\n x`)],
    ['a committer on two lines', `${HEAD} x\n\nm`],
    ['a header without a value', `${HEAD}note\n\nm`],
    ['a signature header without a value', `${HEAD}gpgsig\n x\n\nm`],
    ['a continuation line first', ` x\n${HEAD}`],
    ['CR behind the tree', HEAD.replace('\n', '\r\n')],
    ['CR in an identity', HEAD.replace('Alice', 'Al\rice')],
    ['CR in another header', `${HEAD}note a\r\n\nm`],
    ['CR in a merge tag', `${HEAD}mergetag a\r\n b\n\nm`],
    ['CR within a line of the signature', `${HEAD}gpgsig a\rb\n c\n\nm`],
    ['CR in the name of a header', `${HEAD}gp\rgsig a\n\nm`],
    ['CR LF before the message', `${HEAD}\r\nm`],
  ])('with %s', (_, text) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'malformed_commit', kind: 'input' }));
  });

  test.each([
    'A a@b 1 +0000',
    'A <a@b 1 +0000',
    'A <a@b> <c@d> 1 +0000',
    'A <B <a@b>> 1 +0000',
    'A<a@b> 1 +0000',
    'A <a@b>1 +0000',
    'A <a@b> +0000',
    'A <a@b> 1',
    'A <a@b> 1 0000',
    'A <a@b> 1 +00',
    'A <a@b> -1 +0000',
    'A <a@b> 01 +0000',
    'A <a@b> 1e3 +0000',
    'A <a@b> 99999999999999999999 +0000',
    'A <a@b> 1 +0000 x',
    '',
  ])('with the identity "%s"', (who) => {
    for (const name of ['author', 'committer']) {
      const text = HEAD.replace(new RegExp(`${name} .*`), `${name} ${who}`);
      expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'malformed_commit' }));
    }
  });

  test('and the message names the header and what to do, and repeats nothing that the commit says', () => {
    expect(() => parse(HEAD.replace(/author .*/, 'author \u001b[31mEvil'))).toThrow(
      `Commit ${OID} is malformed: header "author" is not "Name <email> seconds zone". Make the commit again with git, or drop it from the branch.`,
    );
  });
});

test('rule 4.7: an octopus of sixteen parents is read, one of seventeen is not', () => {
  const octopus = (parents: number): string => HEAD.replace(/parent.*\n/, `parent ${PARENT}\n`.repeat(parents));
  expect(parse(octopus(16)).parents).toHaveLength(16);
  expect(() => parse(octopus(17))).toThrow(expect.objectContaining({ code: 'limit_exceeded' }));
});

test('any change of bytes is read or refused, and never read as what it does not say', () => {
  const original = Buffer.from(`${HEAD}${SIGNATURE}\nmessage\n`);
  fc.assert(
    fc.property(fc.nat(original.length - 1), fc.integer({ min: 0, max: 255 }), fc.boolean(), (at, byte, insert) => {
      const rest = original.subarray(insert ? at : at + 1);
      const changed = Buffer.concat([original.subarray(0, at), Buffer.of(byte), rest]);
      let commit: ReturnType<typeof parseCommit>;
      try {
        commit = parseCommit(OID, changed, LIMITS);
      } catch (error) {
        expect(error).toMatchObject({ code: 'malformed_commit' });
        return;
      }
      const text = changed.toString('latin1');
      const leading = `tree ${commit.tree}\n${commit.parents.map((parent) => `parent ${parent}\n`).join('')}author `;
      expect(text.startsWith(leading)).toBe(true);
      expect(commit.headers.map(({ start, end }) => text.slice(start, end)).join('')).toBe(
        text.slice(0, text.indexOf('\n\n') + 1 || text.length),
      );
      expect(readCommitNode(OID, changed)).toEqual({ oid: OID, parents: commit.parents });
    }),
    { numRuns: 2_000 },
  );
});

describe('an accepted ancestor needs its leading lines alone', () => {
  test.each([
    ['broken identities', `tree ${TREE}\nparent ${PARENT}\nauthor ?\n`, [PARENT]],
    ['NUL bytes', `tree ${TREE}\nparent ${PARENT}\nparent ${TREE}\n\0`, [PARENT, TREE]],
    ['nothing else', `tree ${TREE}\n`, []],
    ['a parent that came too late', `tree ${TREE}\nauthor x\nparent ${PARENT}\n`, []],
  ])('so it may have %s', (_, text, parents) => {
    expect(readCommitNode(OID, Buffer.from(text))).toEqual({ oid: OID, parents });
  });

  test.each([
    ['no tree', `parent ${PARENT}\n`],
    ['a short tree', `tree ${TREE.slice(1)}\n`],
    ['a tree without a line feed', `tree ${TREE}`],
    ['a broken parent', `tree ${TREE}\nparent ${PARENT.slice(1)}x\n`],
    ['a parent of another format', `tree ${TREE}\nparent ${'b'.repeat(64)}\n`],
    ['no bytes', ''],
  ])('and is none with %s', (_, text) => {
    expect(readCommitNode(OID, Buffer.from(text))).toBeNull();
  });
});

describe('reading of what is only a window of other bytes', () => {
  test('stays within the window, whatever kind of array it is', () => {
    const text = `tree ${OID}\nparent ${OID}\n`;
    const whole = Uint8Array.from(Buffer.from(`parent ${OID}\n${text}parent ${OID}\n`));
    const window = whole.subarray(48, 48 + text.length);
    expect(readCommitNode(OID, window)).toEqual({ oid: OID, parents: [OID] });
    expect(readTree(OID, window)).toBe(OID);
  });

  test('tells no tree where the leading lines are malformed (trust rule 1.2)', () => {
    expect(readTree(OID, Buffer.from(`tree ${OID}\nparent 123\n`))).toBeNull();
  });
});
