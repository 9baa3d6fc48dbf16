import { describe, expect, test } from 'vitest';
import { readRefs } from '../../../../shared/git/protocol-v2/ls-refs.ts';
import { packetsOfAnswer } from '../../../support/wire-answer.ts';

const A = 'a'.repeat(40);
const B = 'b'.repeat(40);
const list = async (...packets: readonly string[]) => {
  const refs: [string, string][] = [];
  const count = await readRefs(packetsOfAnswer(...packets), 'sha1', (name, oid) => refs.push([name, oid]));
  expect(count).toBe(refs.length);
  return refs;
};

describe('a listing', () => {
  test('gives every ref by its whole name, whatever the prefix was', async () => {
    expect(await list(`${B} refs/heads/main2`, `${A} refs/heads/main`, `${B} refs/heads/main/x`, '0000')).toEqual([
      ['refs/heads/main2', B],
      ['refs/heads/main', A],
      ['refs/heads/main/x', B],
    ]);
  });

  test.each([
    ['nothing', ['0000']],
    ['an unborn HEAD', ['unborn HEAD symref-target:refs/heads/main', '0000']],
  ])('may hold %s', async (_, packets) => {
    expect(await list(...packets)).toEqual([]);
  });

  test('may come with attributes', async () => {
    const head = `${A} HEAD symref-target:refs/heads/main`;
    expect(await list(head, `${A} refs/heads/main peeled:${B}`, '0000')).toEqual([
      ['HEAD', A],
      ['refs/heads/main', A],
    ]);
  });

  test('keeps the bytes of a name, one character each', async () => {
    const name = 'refs/heads/zweig-ä';
    expect(await list(`${A} ${name}`, '0000')).toEqual([[Buffer.from(name).toString('latin1'), A]]);
  });

  test('of a SHA-256 repository has longer ids', async () => {
    const oid = 'c'.repeat(64);
    const taken: string[] = [];
    await readRefs(packetsOfAnswer(`${oid} refs/heads/x`, '0000'), 'sha256', (_, id) => taken.push(id));
    expect(taken).toEqual([oid]);
  });
});

describe('rule 4.4: a listing proves nothing', () => {
  test.each([
    ['without its end', [`${A} refs/heads/main`]],
    ['without a byte', []],
    ['with a delimiter', [`${A} refs/heads/main`, '0001', '0000']],
    ['that goes on after its end', ['0000', `${A} refs/heads/main`]],
    ['with two ends', ['0000', '0000']],
    ['with a short id', [`${A.slice(1)} refs/heads/main`, '0000']],
    ['with an id of another format', [`${'c'.repeat(64)} refs/heads/main`, '0000']],
    ['with an id alone', [A, '0000']],
    ['with an empty line', ['', '0000']],
  ])('%s', async (_, packets) => {
    await expect(list(...packets)).rejects.toMatchObject({ code: 'bad_response' });
  });

  test('that ends in an error', async () => {
    await expect(list(`${A} refs/heads/main`, 'ERR access denied', '0000')).rejects.toMatchObject({
      code: 'server_error',
    });
  });
});
