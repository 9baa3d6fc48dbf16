import { describe, expect, test } from 'vitest';
import { findRef } from '../../../../shared/git/protocol-v2/ls-refs.ts';
import { packetsOfAnswer } from '../../../support/wire-answer.ts';

const A = 'a'.repeat(40);
const B = 'b'.repeat(40);
const find = (...packets: readonly string[]) => findRef(packetsOfAnswer(...packets), 'refs/heads/main', 'sha1');

describe('a ref', () => {
  test('is found by its exact name, whatever else the prefix lists', async () => {
    expect(await find(`${B} refs/heads/main2`, `${A} refs/heads/main`, `${B} refs/heads/main/x`, '0000')).toEqual({
      oid: A,
      count: 3,
    });
  });

  test.each([
    ['longer names', [`${B} refs/heads/main2`, '0000'], 1],
    ['the name in another case', [`${B} refs/heads/Main`, '0000'], 1],
    [
      'the name with bytes around it',
      [`${B} refs/heads/main\r`, `${B}  refs/heads/main`.replace('  ', ' x'), '0000'],
      2,
    ],
    ['nothing', ['0000'], 0],
    ['an unborn HEAD', ['unborn HEAD symref-target:refs/heads/main', '0000'], 0],
  ])('is not there among %s', async (_, packets, count) => {
    expect(await find(...packets)).toEqual({ oid: null, count });
  });

  test('may come with attributes, beside a HEAD that points at it', async () => {
    const head = `${A} HEAD symref-target:refs/heads/main`;
    expect(await find(head, `${A} refs/heads/main peeled:${B}`, '0000')).toEqual({ oid: A, count: 2 });
  });

  test('is compared byte by byte', async () => {
    const name = 'refs/heads/zweig-ä';
    const mistaken = Buffer.from(name).toString('latin1');
    expect(await findRef(packetsOfAnswer(`${A} ${name}`, '0000'), name, 'sha1')).toMatchObject({ oid: A });
    expect(await findRef(packetsOfAnswer(`${A} ${mistaken}`, '0000'), name, 'sha1')).toMatchObject({ oid: null });
  });

  test('of a SHA-256 repository has a longer id', async () => {
    const oid = 'c'.repeat(64);
    expect(await findRef(packetsOfAnswer(`${oid} refs/heads/x`, '0000'), 'refs/heads/x', 'sha256')).toMatchObject({
      oid,
    });
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
    ['with the same ref twice', [`${A} refs/heads/main`, `${B} refs/heads/main`, '0000']],
  ])('%s', async (_, packets) => {
    await expect(find(...packets)).rejects.toMatchObject({ code: 'bad_response' });
  });

  test('that ends in an error', async () => {
    await expect(find(`${A} refs/heads/main`, 'ERR access denied', '0000')).rejects.toMatchObject({
      code: 'server_error',
    });
  });
});
