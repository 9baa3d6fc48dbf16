import { encodePacket, type Packet, readPackets } from '../../shared/git/pkt-line.ts';

/** Packets as text: `0000` and `0001` stand for themselves, all else becomes a data packet with a line feed. */
export function encodeAnswer(...packets: readonly string[]): string {
  return packets.map((packet) => (/^000[012]$/.test(packet) ? packet : encodePacket(`${packet}\n`))).join('');
}

export function packetsOfAnswer(...packets: readonly string[]): AsyncIterable<Packet> {
  return readPackets(oneChunk(Buffer.from(encodeAnswer(...packets))));
}

/** A pack on side-band 1 in packets of `size` bytes, with progress in between, and the flush packet. */
export function encodePackfile(pack: Uint8Array, size = 1_000): Buffer {
  const parts: Buffer[] = [];
  for (let start = 0; start < pack.length; start += size) {
    parts.push(sideBand(1, pack.subarray(start, start + size)), sideBand(2, Buffer.from('Counting objects\r')));
  }
  return Buffer.concat([Buffer.from(encodePacket('packfile\n')), ...parts, Buffer.from('0000')]);
}

export function sideBand(channel: number, content: Uint8Array): Buffer {
  const length = (content.length + 5).toString(16).padStart(4, '0');
  return Buffer.concat([Buffer.from(length), Buffer.of(channel), content]);
}

export async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
