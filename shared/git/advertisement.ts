import { type Packet, packetText } from './pkt-line.ts';
import { errorOfPacket } from './server-error.ts';
import { badResponse } from './transport-error.ts';

/** Of version 2, which lists capabilities alone; version 0 lists its refs, bounded by their bytes. */
const MAX_CAPABILITIES = 1_000;

const SERVICE_LINE = /^# service=git-(?:upload|receive)-pack$/;

/**
 * What a server says first, as lines of one character a byte: up to the flush packet, without the `# service=` part that HTTP
 * adds and version 2 servers may leave out (gitprotocol-http, gitprotocol-v2).
 * @throws TransportError
 */
export async function readAdvertisement(packets: AsyncIterable<Packet>): Promise<readonly string[]> {
  const lines: string[] = [];
  let service = false;
  for await (const packet of packets) {
    if (packet.kind === 'flush') {
      if (!service) return lines;
      service = false;
      continue;
    }
    if (packet.kind !== 'data') throw badResponse('its capabilities hold a stray packet');
    const line = packetText(packet.payload);
    const error = errorOfPacket(line);
    if (error !== null) throw error;
    if (lines.length === 0 && SERVICE_LINE.test(line)) service = true;
    else if (lines.push(line) > MAX_CAPABILITIES && lines[0] === 'version 2')
      throw badResponse('it lists too many capabilities');
  }
  throw badResponse('its list of capabilities is incomplete');
}
