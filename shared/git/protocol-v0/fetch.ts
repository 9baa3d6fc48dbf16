import type { FetchReply, PackRequest } from '../git-remote.ts';
import { encodeLine, FLUSH_PACKET, type Packet, packetText } from '../pkt-line.ts';
import { errorOfPacket, isRefusedWant } from '../server-error.ts';
import { readSideBand } from '../side-band.ts';
import { badResponse, truncatedPack } from '../transport-error.ts';
import type { AdvertisedRefs } from './advertised-refs.ts';

/** In the order of preference; Azure DevOps, for one, refuses requests without a kind of `multi_ack`. */
const ACK_KINDS = ['multi_ack_detailed', 'multi_ack'];
const SIDE_BANDS = ['side-band-64k', 'side-band'];
const OTHERS = [
  'no-done',
  'ofs-delta',
  'no-progress',
  'shallow',
  'filter',
  'object-format=sha1',
  'object-format=sha256',
];

/**
 * A request of versions 0 and 1 (gitprotocol-pack, "Packfile Negotiation"), which says all at once: what is wanted, what we
 * have, and `done` or a flush packet, after which the server tells what it knows.
 * @throws TransportError where the server cannot answer in side-bands
 */
export function encodeFetch(
  { wants, have, done, tipsOnly, filter }: Omit<PackRequest<unknown>, 'limits' | 'openPack'>,
  offered: ReadonlySet<string>,
  userAgent: string,
): string {
  const has = (capability: string): boolean => offered.has(capability);
  const sideBand = SIDE_BANDS.find(has);
  if (sideBand === undefined) throw badResponse('it offers no side-band: git servers have it since 2006');
  const chosen = [sideBand, ...ACK_KINDS.filter(has).slice(0, 1), ...OTHERS.filter(has)];
  if ([...offered].some((capability) => capability.startsWith('agent='))) chosen.push(`agent=${userAgent}`);
  const lines = wants.map((want, index) => `want ${want}${index === 0 ? ` ${chosen.join(' ')}` : ''}`);
  if (tipsOnly && has('shallow')) lines.push('deepen 1');
  if (filter !== null && has('filter')) lines.push(`filter ${filter}`);
  const haves = have === null ? '' : encodeLine(`have ${have}`);
  return lines.map(encodeLine).join('') + FLUSH_PACKET + haves + (done ? encodeLine('done') : FLUSH_PACKET);
}

/** @throws TransportError */
export async function readFetchReply<Sent>(
  packets: AsyncIterable<Packet>,
  { have, done, openPack }: Pick<PackRequest<Sent>, 'have' | 'done' | 'openPack'>,
  { capabilities, isShallow }: Pick<AdvertisedRefs, 'capabilities' | 'isShallow'>,
): Promise<FetchReply<Sent>> {
  const iterator = packets[Symbol.asyncIterator]();
  let answer: 'known' | 'unknown' | 'unsaid' = 'unsaid';
  let ready = false;
  for (;;) {
    const { value: packet, done: ended } = await iterator.next();
    if (ended === true) {
      if (done) throw truncatedPack('the answer ends before its pack');
      return { kind: 'no-pack', have: answer };
    }
    // Ends the boundary of a server that is itself shallow, which has no meaning here (trust rule 1.5).
    if (packet.kind === 'flush') continue;
    if (packet.kind !== 'data') throw badResponse('its answer holds a stray packet');
    if (Number(packet.payload[0]) < 0x20) {
      const pack = openPack();
      await readSideBand(resume(packet, iterator), pack.push);
      return { kind: 'pack', sent: await pack.finish(), isShallow };
    }
    const line = packetText(packet.payload);
    const [, id, kind] = /^ACK ([0-9a-f]+)(?: (common|continue|ready))?$/.exec(line) ?? [];
    if (id !== undefined && id === have) {
      answer = 'known';
      ready ||= kind === 'ready';
    } else if (line === 'NAK') {
      if (answer === 'unsaid') answer = 'unknown';
      // The server now waits for more, for ever over SSH; one that is ready, and knows `no-done`, sends its pack.
      if (!done && !(ready && capabilities.has('no-done'))) return { kind: 'no-pack', have: answer };
    } else if (isRefusedWant(line)) return { kind: 'refused-want' };
    else {
      const error = errorOfPacket(line);
      if (error !== null) throw error;
      if (!/^(?:un)?shallow [0-9a-f]+$/.test(line)) throw badResponse('its answer to a fetch cannot be read');
    }
  }
}

/** The iterator with a packet before what is left of it. */
function resume(first: Packet, rest: AsyncIterator<Packet, void>): AsyncIterator<Packet, void> {
  let next: Packet | null = first;
  return {
    next: async () => {
      if (next === null) return rest.next();
      const value = next;
      next = null;
      return { value, done: false };
    },
  };
}
