import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  DELIMITER_PACKET,
  encodePacket,
  FLUSH_PACKET,
  MAX_PACKET_BYTES,
  type Packet,
  packetText,
  readPackets,
} from '../../../shared/git/pkt-line.ts';

/** The bytes in pieces of the given lengths, then the rest. */
async function* inPieces(bytes: Buffer, lengths: readonly number[]): AsyncGenerator<Uint8Array> {
  let start = 0;
  for (const length of lengths) {
    yield bytes.subarray(start, start + length);
    start += length;
  }
  yield bytes.subarray(start);
}

async function packetsOf(bytes: Buffer | string, lengths: readonly number[] = []): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const packet of readPackets(inPieces(Buffer.from(bytes), lengths))) names.push(nameOf(packet));
  return names;
}

function nameOf(packet: Packet): string {
  return packet.kind === 'data' ? `=${packet.payload.toString()}` : packet.kind;
}

test('packets come out as they went in, however the bytes arrive', async () => {
  const packet = fc.oneof(
    fc.string({ maxLength: 300, unit: 'grapheme' }).map((text) => ({ bytes: encodePacket(text), name: `=${text}` })),
    fc.constant({ bytes: FLUSH_PACKET, name: 'flush' }),
    fc.constant({ bytes: DELIMITER_PACKET, name: 'delimiter' }),
    fc.constant({ bytes: '0002', name: 'response-end' }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(packet), fc.array(fc.nat(50)), async (packets, lengths) => {
      const bytes = packets.map((each) => each.bytes).join('');
      expect(await packetsOf(bytes, lengths)).toEqual(packets.map((each) => each.name));
    }),
  );
});

describe('a packet', () => {
  test('holds 65,516 bytes at most', async () => {
    const largest = 'x'.repeat(MAX_PACKET_BYTES - 4);
    expect(encodePacket(largest)).toBe(`fff0${largest}`);
    expect(await packetsOf(`fff0${largest}`)).toEqual([`=${largest}`]);
    expect(() => encodePacket(`${largest}x`)).toThrow(RangeError);
    expect(() => encodePacket('é'.repeat(largest.length / 2 + 1))).toThrow(RangeError);
  });

  test.each([
    'fff1',
    'ffff',
    '0003',
    'zzzz',
    '-001',
    '0x10',
    'HTTP',
    '<htm',
    ' 004',
  ])('cannot start with %s', async (digits) => {
    await expect(packetsOf(`${digits}${'x'.repeat(70_000)}`)).rejects.toMatchObject({ code: 'bad_response' });
  });

  test.each(['000', '0008ab', '00'])('that is cut off (%s) ends the stream without a flush packet', async (rest) => {
    expect(await packetsOf(`0006ab${rest}`)).toEqual(['=ab']);
  });

  test('loses one line feed in its text, and only one', () => {
    expect(packetText(Buffer.from('a\n'))).toBe('a');
    expect(packetText(Buffer.from('a\n\n'))).toBe('a\n');
    expect(packetText(Buffer.from('a'))).toBe('a');
    expect(packetText(Buffer.from([0x61, 0xff]))).toBe('a\u00ff');
  });
});
