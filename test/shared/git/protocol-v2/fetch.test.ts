import { describe, expect, test } from 'vitest';
import { readPackets } from '../../../../shared/git/pkt-line.ts';
import { fetchArguments, readFetchReply } from '../../../../shared/git/protocol-v2/fetch.ts';
import { parseOid } from '../../../../shared/model/oid.ts';
import { collectPack } from '../../../support/collect-pack.ts';
import { encodeAnswer, encodePackfile, oneChunk, sideBand } from '../../../support/wire-answer.ts';

const WANT = parseOid('a'.repeat(40));
const HAVE = parseOid('b'.repeat(40));
const CAPABILITIES = { filter: true, shallow: true };
const PACK = Buffer.from('PACK and more '.repeat(500));

const readBytes = async (...parts: readonly (string | Uint8Array)[]) => {
  const { openPack, bytes } = collectPack();
  const packets = readPackets(oneChunk(Buffer.concat(parts.map((part) => Buffer.from(part)))));
  const reply = await readFetchReply(packets, { have: HAVE, openPack });
  return reply.kind === 'pack' ? bytes() : reply;
};
const read = (...packets: readonly string[]) => readBytes(encodeAnswer(...packets));

test('a request asks for commits only, and for nothing that makes the pack depend on what we have', () => {
  expect(
    fetchArguments({ wants: [WANT], have: HAVE, done: false, tipsOnly: false, filter: 'tree:0' }, CAPABILITIES),
  ).toEqual(['no-progress', 'ofs-delta', `want ${WANT}`, 'filter tree:0', `have ${HAVE}`]);
  expect(
    fetchArguments(
      { wants: [WANT], have: null, done: true, tipsOnly: false, filter: 'tree:0' },
      { ...CAPABILITIES, filter: false },
    ),
  ).toEqual(['no-progress', 'ofs-delta', `want ${WANT}`, 'done']);
});

test('a request for tips leaves histories out where the server can', () => {
  const tips = { wants: [WANT, HAVE], have: null, done: true, tipsOnly: true, filter: null };
  expect(fetchArguments(tips, CAPABILITIES)).toContain('deepen 1');
  expect(fetchArguments(tips, { ...CAPABILITIES, shallow: false })).not.toContain('deepen 1');
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
    expect(await readBytes(before, encodePackfile(PACK))).toEqual(PACK);
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
});
