import { describe, expect, test } from 'vitest';
import { readPackets } from '../../../../shared/git/pkt-line.ts';
import { fetchArguments, readFetchReply } from '../../../../shared/git/protocol-v2/fetch.ts';
import { parseOid } from '../../../../shared/model/oid.ts';
import { encodeAnswer, encodePackfile, oneChunk, packetsOfAnswer, sideBand } from '../../../support/wire-answer.ts';

const WANT = parseOid('a'.repeat(40));
const HAVE = parseOid('b'.repeat(40));
const CAPABILITIES = {
  objectFormat: 'sha1',
  namesObjectFormat: true,
  takesAgent: true,
  filter: true,
  shallow: true,
} as const;
const LIMITS = { packBytes: 10_000 };
const PACK = Buffer.from('PACK and more '.repeat(500));

const read = (...packets: readonly string[]) => readFetchReply(packetsOfAnswer(...packets), HAVE, LIMITS);
const readBytes = (...parts: readonly (string | Uint8Array)[]) =>
  readFetchReply(readPackets(oneChunk(Buffer.concat(parts.map((part) => Buffer.from(part))))), HAVE, LIMITS);

test('a request asks for commits only, and for nothing that makes the pack depend on what we have', () => {
  expect(fetchArguments({ want: WANT, have: HAVE }, CAPABILITIES, false)).toEqual([
    'no-progress',
    'ofs-delta',
    `want ${WANT}`,
    'filter tree:0',
    `have ${HAVE}`,
  ]);
  expect(fetchArguments({ want: WANT, have: null }, { ...CAPABILITIES, filter: false }, true)).toEqual([
    'no-progress',
    'ofs-delta',
    `want ${WANT}`,
    'done',
  ]);
});

describe('an answer', () => {
  const acknowledged = encodeAnswer('acknowledgments', `ACK ${HAVE}`, 'ready', '0001');

  test.each([
    ['after acknowledgments', acknowledged],
    ['at once', ''],
    [
      'after the boundary of a shallow server',
      encodeAnswer('shallow-info', `shallow ${WANT}`, `unshallow ${WANT}`, '0001'),
    ],
  ])('holds the pack %s', async (_, before) => {
    expect(await readBytes(before, encodePackfile(PACK))).toEqual({ kind: 'pack', pack: PACK });
  });

  test.each([
    ['knows our commit', [`ACK ${HAVE}`], 'known'],
    ['does not know it', ['NAK'], 'unknown'],
    ['says neither', [], 'unsaid'],
  ])('without a pack %s', async (_, acknowledgments, have) => {
    expect(await read('acknowledgments', ...acknowledgments, '0000')).toEqual({ kind: 'no-pack', have });
  });

  test.each([
    [`ERR upload-pack: not our ref ${WANT}`],
    [`ERR want ${WANT} not valid`],
  ])('may refuse what we want: %s', async (line) => {
    expect(await read(line)).toEqual({ kind: 'refused-want' });
  });

  test.each([
    ['another error', ['ERR access denied'], 'server_error'],
    ['an acknowledgment of what we did not say', ['acknowledgments', `ACK ${WANT}`, '0000'], 'bad_response'],
    ['a section that was not asked for', ['packfile-uris', '0001'], 'bad_response'],
    ['an end before the pack', ['acknowledgments', `ACK ${HAVE}`, 'ready', '0001'], 'truncated_pack'],
    ['no byte', [], 'truncated_pack'],
  ])('is refused with %s', async (_, packets, code) => {
    await expect(read(...packets)).rejects.toMatchObject({ code });
  });

  test('is cut off without its flush packet, at a packet or within one', async () => {
    const whole = encodePackfile(PACK);
    await expect(readBytes(whole.subarray(0, -4))).rejects.toMatchObject({ code: 'truncated_pack' });
    await expect(readBytes(whole.subarray(0, -500))).rejects.toMatchObject({ code: 'truncated_pack' });
  });

  test('ends with the fatal error of the third channel', async () => {
    const answer = [
      encodeAnswer('packfile'),
      sideBand(1, PACK.subarray(0, 100)),
      sideBand(3, Buffer.from('fatal: no memory\n')),
    ];
    await expect(readBytes(...answer)).rejects.toMatchObject({
      code: 'server_error',
      message: expect.stringContaining('"fatal: no memory"'),
    });
  });

  test('has no fourth channel, no empty packet and no section in its pack', async () => {
    for (const stray of [sideBand(4, PACK.subarray(0, 9)), '0004', '0001']) {
      await expect(readBytes(encodeAnswer('packfile'), stray, '0000')).rejects.toMatchObject({ code: 'bad_response' });
    }
  });

  test('rule 4.7: may not bring a larger pack than allowed', async () => {
    const largest = Buffer.alloc(LIMITS.packBytes);
    expect(await readBytes(encodePackfile(largest))).toEqual({ kind: 'pack', pack: largest });
    const larger = encodePackfile(Buffer.alloc(LIMITS.packBytes + 1));
    await expect(readBytes(larger)).rejects.toMatchObject({ code: 'limit_exceeded', limit: 'packBytes' });
  });
});
