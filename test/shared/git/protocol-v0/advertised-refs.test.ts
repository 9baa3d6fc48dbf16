import { describe, expect, test } from 'vitest';
import { readAdvertisement } from '../../../../shared/git/advertisement.ts';
import { readPackets } from '../../../../shared/git/pkt-line.ts';
import { type AdvertisedRefs, parseAdvertisedRefs } from '../../../../shared/git/protocol-v0/advertised-refs.ts';
import { encodeAnswer, oneChunk, packetsOfAnswer } from '../../../support/wire-answer.ts';

const A = 'a'.repeat(40);
const B = 'b'.repeat(40);
const SHA256 = 'c'.repeat(64);
const CAPABILITIES = 'multi_ack side-band-64k object-format=sha1 agent=git/2.39.5';

const read = async (...packets: readonly string[]): Promise<AdvertisedRefs> =>
  parseAdvertisedRefs(await readAdvertisement(packetsOfAnswer(...packets)));

describe('an advertisement of refs', () => {
  const lines = [`${A} HEAD\0${CAPABILITIES}`, `${A} refs/heads/main`, `${B} refs/tags/v1`, `${A} refs/tags/v1^{}`];
  const expected = {
    format: 'sha1',
    capabilities: new Set(CAPABILITIES.split(' ')),
    refs: [
      { name: 'HEAD', oid: A },
      { name: 'refs/heads/main', oid: A },
      { name: 'refs/tags/v1', oid: B },
    ],
    isShallow: false,
  };

  test.each([
    ['of version 0', []],
    ['of version 0 over HTTP', ['# service=git-upload-pack', '0000']],
    ['of version 1', ['version 1']],
    ['of version 1 over HTTP', ['# service=git-upload-pack', '0000', 'version 1']],
  ])('%s gives refs by their whole names, without what tags lead to', async (_, before) => {
    expect(await read(...before, ...lines, '0000')).toEqual(expected);
  });

  test('may end in the boundary of a shallow repository, which is told and changes nothing else', async () => {
    expect(await read(...lines, `shallow ${B}`, '0000')).toEqual({ ...expected, isShallow: true });
  });

  test('of an empty repository has capabilities alone, or nothing', async () => {
    const none = await read(`${'0'.repeat(40)} capabilities^{}\0${CAPABILITIES}`, '0000');
    expect(none).toEqual({ ...expected, refs: [] });
    expect(await read('0000')).toMatchObject({ refs: [], format: 'sha1' });
    expect(await read('version 1', '0000')).toMatchObject({ refs: [], format: 'sha1' });
  });

  test('of a SHA-256 repository has longer ids', async () => {
    const listed = await read(`${SHA256} refs/heads/main\0object-format=sha256`, '0000');
    expect(listed).toMatchObject({ format: 'sha256', refs: [{ oid: SHA256 }] });
  });

  test('keeps the bytes of a name, one character each, and spaces before capabilities', async () => {
    const name = 'refs/heads/zweig-ä';
    const { refs, capabilities } = await read(`${A} ${name}\0 side-band  ofs-delta`, '0000');
    expect(refs).toEqual([{ name: Buffer.from(name).toString('latin1'), oid: A }]);
    expect(capabilities.has('side-band') && capabilities.has('ofs-delta')).toBe(true);
  });

  test('may list more refs than version 2 has capabilities', async () => {
    const many = Array.from({ length: 2_500 }, (_, index) => `${A} refs/heads/${index}`);
    expect((await read(...lines, ...many, '0000')).refs).toHaveLength(2_503);
  });

  test.each([
    ['of no capabilities', [`${A} refs/heads/main`, '0000'], /git protocol/],
    ['in words', ['Welcome', '0000'], /git protocol/],
    ['of a short id', [`${A.slice(1)} refs/heads/main\0x`, '0000'], /list of refs/],
    ['of an id in another format', [`${SHA256} refs/heads/main\0x`, '0000'], /list of refs/],
    ['of an id in capitals', [`${A.toUpperCase()} refs/heads/main\0x`, '0000'], /list of refs/],
    ['of an id alone', [...lines, B, '0000'], /list of refs/],
    ['of a shallow boundary that is none', [...lines, 'shallow x', '0000'], /list of refs/],
    ['of an unknown object format', [`${A} HEAD\0object-format=sha3`, '0000'], /object format/],
    ['with a delimiter', [...lines, '0001', '0000'], /stray/],
    ['of a version that nobody asked for', ['version 3', '0000'], /git protocol/],
  ])('%s is refused', async (_, packets, message) => {
    await expect(read(...packets)).rejects.toMatchObject({
      code: 'bad_response',
      message: expect.stringMatching(message),
    });
  });

  test('that is an error is quoted, wherever it comes', async () => {
    for (const before of [[], lines])
      await expect(read(...before, 'ERR access denied')).rejects.toMatchObject({ code: 'server_error' });
  });

  test('rule 4.4: that is cut off proves nothing, at any byte', async () => {
    const whole = encodeAnswer(...lines, '0000');
    for (let end = 0; end < whole.length; end++) {
      const cut = readAdvertisement(readPackets(oneChunk(Buffer.from(whole.slice(0, end)))));
      await expect(cut).rejects.toMatchObject({ code: 'bad_response' });
    }
  });
});
