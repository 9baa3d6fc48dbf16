import { describe, expect, test } from 'vitest';
import { type Packet, readPackets } from '../../../../shared/git/pkt-line.ts';
import { encodeFetch, readFetchReply } from '../../../../shared/git/protocol-v0/fetch.ts';
import { type Oid, parseOid } from '../../../../shared/model/oid.ts';
import { COLLECTED, collectPack } from '../../../support/collect-pack.ts';
import { encodeAnswer, oneChunk, packetsOfAnswer, sideBand } from '../../../support/wire-answer.ts';

const WANT = parseOid('a'.repeat(40));
const HAVE = parseOid('b'.repeat(40));
const OTHER = parseOid('c'.repeat(40));
const PACK = Buffer.from('PACK and more '.repeat(500));
/** As git over HTTP has it. */
const CAPABILITIES = new Set(
  'multi_ack thin-pack side-band side-band-64k ofs-delta shallow deepen-since deepen-not deepen-relative no-progress include-tag multi_ack_detailed no-done symref=HEAD:refs/heads/main filter object-format=sha1 agent=git/2.39.5'.split(
    ' ',
  ),
);
const without = (...names: readonly string[]) => new Set([...CAPABILITIES].filter((each) => !names.includes(each)));

describe('a request', () => {
  const REQUEST = { wants: [WANT], have: HAVE, done: false, tipsOnly: false, filter: 'tree:0' } as const;
  const encode = (changes: Partial<Parameters<typeof encodeFetch>[0]>, offered: ReadonlySet<string> = CAPABILITIES) =>
    encodeFetch({ ...REQUEST, ...changes }, offered, 'headlock/1');
  const chosen =
    'side-band-64k multi_ack_detailed no-done ofs-delta no-progress shallow filter object-format=sha1 agent=headlock/1';

  test('says all at once, and asks for nothing that makes the pack depend on what we have', () => {
    expect(encode({})).toBe(encodeAnswer(`want ${WANT} ${chosen}`, 'filter tree:0', '0000', `have ${HAVE}`, '0000'));
    expect(encode({})).not.toMatch(/thin-pack|include-tag/);
  });

  test('without a commit that we have is done at once', () => {
    expect(encode({ have: null, done: true })).toBe(
      encodeAnswer(`want ${WANT} ${chosen}`, 'filter tree:0', '0000', 'done'),
    );
  });

  test('for many objects names capabilities once, and leaves histories out', () => {
    expect(encode({ wants: [WANT, OTHER], have: null, done: true, tipsOnly: true, filter: null })).toBe(
      encodeAnswer(`want ${WANT} ${chosen}`, `want ${OTHER}`, 'deepen 1', '0000', 'done'),
    );
  });

  test.each([
    ['multi_ack_detailed', /multi_ack no-done/],
    ['side-band-64k', / side-band multi_ack_detailed/],
    ['filter', /^(?!.*filter)/s],
    ['shallow', /^(?!.*(?:deepen|shallow))/s],
    ['object-format=sha1', /^(?!.*object-format)/s],
    ['agent=git/2.39.5', /^(?!.*agent)/s],
    ['ofs-delta', /^(?!.*ofs-delta)/s],
  ])('to a server that lacks %s does without', (name, expected) => {
    expect(encode({ tipsOnly: true }, without(name))).toMatch(expected);
  });

  test('names the object format of the repository', () => {
    expect(encode({}, new Set(['side-band', 'object-format=sha256']))).toContain(' side-band object-format=sha256\n');
  });

  test('is not sent to a server without side-bands, whose errors could not be told from a pack', () => {
    expect(() => encode({}, without('side-band', 'side-band-64k'))).toThrow(
      expect.objectContaining({ code: 'bad_response' }),
    );
  });
});

describe('an answer', () => {
  const pack = Buffer.concat([
    sideBand(2, Buffer.from('Counting objects\r')),
    sideBand(1, PACK.subarray(0, 1_000)),
    sideBand(1, PACK.subarray(1_000)),
    Buffer.from('0000'),
  ]);
  const readBytes = async (
    done: boolean,
    parts: readonly (string | Uint8Array)[],
    { have = HAVE, offered = CAPABILITIES }: { have?: Oid | null; offered?: ReadonlySet<string> } = {},
  ) => {
    const { openPack, bytes } = collectPack();
    const packets = readPackets(oneChunk(Buffer.concat(parts.map((part) => Buffer.from(part)))));
    const reply = await readFetchReply(packets, { have, done, openPack }, { capabilities: offered, isShallow: false });
    return reply.kind === 'pack' ? bytes() : reply;
  };

  test.each([
    ['to a request that is done', true, ['NAK']],
    ['after the last common commit', true, [`ACK ${HAVE} common`, `ACK ${HAVE}`]],
    ['in multi_ack', true, [`ACK ${HAVE} continue`, `ACK ${HAVE}`]],
    ['where one acknowledgment is all there is', true, [`ACK ${HAVE}`]],
    ['that it was ready to send', false, [`ACK ${HAVE} common`, `ACK ${HAVE} ready`, 'NAK', `ACK ${HAVE}`]],
    ['behind a boundary', true, [`shallow ${WANT}`, `unshallow ${WANT}`, '0000', 'NAK']],
  ])('holds the pack %s', async (_, done, before) => {
    expect(await readBytes(done, [encodeAnswer(...before), pack])).toEqual(PACK);
  });

  test.each([
    ['knows our commit', [`ACK ${HAVE} common`, 'NAK'], 'known'],
    ['knows it in multi_ack', [`ACK ${HAVE} continue`, 'NAK'], 'known'],
    ['knows it and can say no more', [`ACK ${HAVE}`], 'known'],
    ['does not know it', ['NAK'], 'unknown'],
    ['says neither', [], 'unsaid'],
    ['knows it, but not that it need not ask', [`ACK ${HAVE} ready`, 'NAK'], 'known', without('no-done')],
  ])('without a pack %s', async (_, packets, have, offered: ReadonlySet<string> = CAPABILITIES) => {
    expect(await readBytes(false, [encodeAnswer(...packets)], { offered })).toEqual({ kind: 'no-pack', have });
  });

  test('is not waited for where the server waits for us, as it does over SSH', async () => {
    const waiting = async function* (...packets: readonly string[]): AsyncGenerator<Packet> {
      yield* packetsOfAnswer(...packets);
      throw new Error('Nothing more comes.');
    };
    const read = (...packets: readonly string[]) =>
      readFetchReply(
        waiting(...packets),
        { have: HAVE, done: false, openPack: collectPack().openPack },
        { capabilities: without('no-done'), isShallow: false },
      );
    expect(await read(`ACK ${HAVE} common`, `ACK ${HAVE} ready`, 'NAK')).toEqual({ kind: 'no-pack', have: 'known' });
    expect(await read('NAK')).toEqual({ kind: 'no-pack', have: 'unknown' });
  });

  test.each([
    [`ERR upload-pack: not our ref ${WANT}`],
    [`ERR want ${WANT} not valid`],
  ])('may refuse what we want: %s', async (line) => {
    expect(await readBytes(true, [encodeAnswer(line)])).toEqual({ kind: 'refused-want' });
  });

  test.each([
    ['another error', ['ERR access denied'], 'server_error'],
    ['an acknowledgment of what we did not say', [`ACK ${OTHER} common`], 'bad_response'],
    ['an acknowledgment of an unknown kind', [`ACK ${HAVE} perhaps`], 'bad_response'],
    ['a delimiter', ['0001'], 'bad_response'],
    ['the end of a response', ['0002'], 'bad_response'],
    ['words', ['Welcome'], 'bad_response'],
  ])('is refused with %s', async (_, packets, code) => {
    await expect(readBytes(true, [encodeAnswer(...packets)])).rejects.toMatchObject({ code });
  });

  test('acknowledges nothing where we said nothing', async () => {
    const answer = [encodeAnswer(`ACK ${HAVE}`), pack];
    await expect(readBytes(true, answer, { have: null })).rejects.toMatchObject({ code: 'bad_response' });
  });

  test('is refused with an empty packet', async () => {
    await expect(readBytes(true, ['0004', pack])).rejects.toMatchObject({ code: 'bad_response' });
  });

  test('ends with the fatal error of the third channel', async () => {
    for (const before of [[], [sideBand(1, PACK.subarray(0, 100))]]) {
      const answer = [encodeAnswer('NAK'), ...before, sideBand(3, Buffer.from('fatal: no memory\n'))];
      await expect(readBytes(true, answer)).rejects.toMatchObject({
        code: 'server_error',
        message: expect.stringContaining('"fatal: no memory"'),
      });
    }
  });

  test('is cut off at every byte before its end, and never taken for a pack', async () => {
    const whole = Buffer.concat([Buffer.from(encodeAnswer(`ACK ${HAVE} common`, `ACK ${HAVE}`)), pack]);
    for (let end = 0; end < whole.length; end += end < 200 || end > whole.length - 20 ? 1 : 97)
      await expect(readBytes(true, [whole.subarray(0, end)])).rejects.toMatchObject({ code: 'truncated_pack' });
  });

  test('hands the pack to whoever reads it, and gives what they made of it', async () => {
    const packets = readPackets(oneChunk(Buffer.concat([Buffer.from(encodeAnswer('NAK')), pack])));
    const request = { have: null, done: true, openPack: collectPack().openPack };
    const advertised = { capabilities: CAPABILITIES, isShallow: true };
    const expected = { kind: 'pack', sent: COLLECTED, isShallow: true };
    expect(await readFetchReply(packets, request, advertised)).toEqual(expected);
  });
});
