import type { FetchReply, PackRequest } from '../git-remote.ts';
import { type Packet, packetText } from '../pkt-line.ts';
import { errorOfPacket, isRefusedWant } from '../server-error.ts';
import { readSideBand } from '../side-band.ts';
import { badResponse, truncatedPack } from '../transport-error.ts';
import type { Capabilities } from './capabilities.ts';

/**
 * Arguments of `fetch` (gitprotocol-v2, "fetch"). A `have` goes without `done` at
 * first: one request then tells whether the server knows it, and a whole new history never comes unasked.
 */
export function fetchArguments(
  { wants, have, done, tipsOnly, filter }: Omit<PackRequest<unknown>, 'limits' | 'openPack'>,
  offered: Pick<Capabilities, 'shallow' | 'filter'>,
): readonly string[] {
  const args = ['no-progress', 'ofs-delta', ...wants.map((want) => `want ${want}`)];
  // A commit's boundary is what was asked for here, and says nothing (trust rule 1.5).
  if (tipsOnly && offered.shallow) args.push('deepen 1');
  if (filter !== null && offered.filter) args.push(`filter ${filter}`);
  if (have !== null) args.push(`have ${have}`);
  if (done) args.push('done');
  return args;
}

/** @throws TransportError */
export async function readFetchReply<Sent>(
  packets: AsyncIterable<Packet>,
  { have, openPack }: Pick<PackRequest<Sent>, 'have' | 'openPack'>,
): Promise<FetchReply<Sent>> {
  const iterator = packets[Symbol.asyncIterator]();
  let answer: 'known' | 'unknown' | 'unsaid' = 'unsaid';
  let isShallow = false;
  for (;;) {
    const { value: packet, done } = await iterator.next();
    if (done === true) throw truncatedPack('the answer ends before its pack');
    // A flush packet in place of a pack: the server wants to hear of more commits that we have.
    if (packet.kind === 'flush') return { kind: 'no-pack', have: answer };
    if (packet.kind !== 'data') continue;
    const line = packetText(packet.payload);
    if (line === 'packfile') {
      const pack = openPack();
      await readSideBand(iterator, pack.push);
      return { kind: 'pack', sent: await pack.finish(), isShallow };
    }
    isShallow ||= line === 'shallow-info';
    if (line === 'NAK') answer = 'unknown';
    else if (line === `ACK ${have}`) answer = 'known';
    else if (isRefusedWant(line)) return { kind: 'refused-want' };
    else {
      const error = errorOfPacket(line);
      if (error !== null) throw error;
      if (!isTolerated(line)) throw badResponse('its answer to "fetch" cannot be read');
    }
  }
}

/** Section names, `ready`, and where the boundary of a server lies that is itself shallow: nobody asks (trust rule 1.5). */
function isTolerated(line: string): boolean {
  return /^(?:acknowledgments|ready|shallow-info|(?:un)?shallow [0-9a-f]+)$/.test(line);
}
