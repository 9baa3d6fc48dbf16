import { isOid, type ObjectFormat, oidBytes } from '../../model/oid.ts';
import type { TakeRef } from '../git-remote.ts';
import { type Packet, packetText } from '../pkt-line.ts';
import { errorOfPacket } from '../server-error.ts';
import { badResponse } from '../transport-error.ts';

/** Arguments of `ls-refs`. Prefixes narrow what the server lists; they never decide (`main` also lists `main2`). */
export function lsRefsArguments(prefixes: readonly string[]): readonly string[] {
  return prefixes.map((prefix) => `ref-prefix ${prefix}`);
}

/**
 * Reads the reply of `ls-refs` (gitprotocol-v2, "ls-refs"). Attributes (peeled, symref-target) and unborn lines are
 * tolerated and ignored.
 * @param take - gets each ref, whatever was asked for, its name with one character a byte
 * @returns how many there are
 * @throws TransportError where the listing is not complete: absence from such a one proves nothing (trust rule 4.4)
 */
export async function readRefs(packets: AsyncIterable<Packet>, format: ObjectFormat, take: TakeRef): Promise<number> {
  let count = 0;
  let complete = false;
  for await (const packet of packets) {
    if (packet.kind === 'flush' && !complete) {
      complete = true;
      continue;
    }
    if (packet.kind !== 'data' || complete) throw badResponse('its list of refs holds a stray packet');
    const line = packetText(packet.payload);
    const error = errorOfPacket(line);
    if (error !== null) throw error;
    const [id = '', listed = ''] = line.split(' ', 2);
    if (id === 'unborn') continue;
    if (!isOid(id) || id.length !== 2 * oidBytes(format) || listed === '')
      throw badResponse('its list of refs cannot be read');
    count += 1;
    take(listed, id);
  }
  if (!complete) throw badResponse('its list of refs is incomplete');
  return count;
}
