import type { Packet } from './pkt-line.ts';
import { serverError } from './server-error.ts';
import { badResponse, truncatedPack } from './transport-error.ts';

/**
 * Hands out the pack from the side-band's first channel up to the flush packet (gitprotocol-pack, "Packfile Data"); the
 * second channel holds progress for people, the third a fatal error.
 * @throws TransportError
 */
export async function readSideBand(
  packets: AsyncIterator<Packet, void>,
  take: (chunk: Uint8Array) => Promise<void> | undefined,
): Promise<void> {
  for (;;) {
    const { value: packet, done } = await packets.next();
    if (done === true) throw truncatedPack('the answer ends within it');
    if (packet.kind === 'flush') return;
    if (packet.kind !== 'data') throw badResponse('its pack holds a stray packet');
    const channel = packet.payload[0];
    const content = packet.payload.subarray(1);
    if (channel === 1) {
      const taking = take(content);
      if (taking !== undefined) await taking;
    } else if (channel === 3) throw serverError(content.toString('latin1'));
    else if (channel !== 2) throw badResponse('its pack uses an unknown side-band channel');
  }
}
