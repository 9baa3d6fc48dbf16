import { Buffer } from 'node:buffer';
import type { BranchLimits } from '../../model/limits.ts';
import type { Oid } from '../../model/oid.ts';
import type { FetchRequest } from '../commit-source.ts';
import { type Packet, packetText } from '../pkt-line.ts';
import { badResponse, limitExceeded, truncatedPack } from '../transport-error.ts';
import type { Capabilities } from './capabilities.ts';
import { errorOfPacket, serverError } from './server-error.ts';

/** What a server answered to `fetch` (gitprotocol-v2, "fetch"). */
export type FetchReply =
  | { readonly kind: 'pack'; readonly pack: Buffer }
  /** It will not send the wanted object: gone meanwhile, or never there. */
  | { readonly kind: 'refused-want' }
  /** No pack: whether it said that it knows our commit, that it does not, or neither. */
  | { readonly kind: 'no-pack'; readonly have: 'known' | 'unknown' | 'unsaid' };

/**
 * Arguments of `fetch`: commits only, where the server can filter. A `have` goes without `done` at first: one request
 * then tells whether the server knows it, and a whole new history never comes unasked.
 */
export function fetchArguments(request: FetchRequest, capabilities: Capabilities, done: boolean): readonly string[] {
  const args = ['no-progress', 'ofs-delta', `want ${request.want}`];
  if (capabilities.filter) args.push('filter tree:0');
  if (request.have !== null) args.push(`have ${request.have}`);
  if (done) args.push('done');
  return args;
}

/**
 * Arguments of `fetch` for these objects and the commits behind tags, and nothing of their histories: a commit's boundary is
 * what was asked for here, and says nothing (trust rule 1.5).
 */
export function fetchTipsArguments(wants: readonly Oid[], capabilities: Capabilities): readonly string[] {
  const args = ['no-progress', 'ofs-delta', ...wants.map((want) => `want ${want}`)];
  // A server that cannot cut histories off sends them whole, within the pack's bounds.
  if (capabilities.shallow) args.push('deepen 1');
  if (capabilities.filter) args.push('filter tree:0');
  return [...args, 'done'];
}

/** @throws TransportError */
export async function readFetchReply(
  packets: AsyncIterable<Packet>,
  have: string | null,
  limits: Pick<BranchLimits, 'packBytes'>,
): Promise<FetchReply> {
  const iterator = packets[Symbol.asyncIterator]();
  let answer: 'known' | 'unknown' | 'unsaid' = 'unsaid';
  for (;;) {
    const { value: packet, done } = await iterator.next();
    if (done === true) throw truncatedPack('the answer ends before its pack');
    // A flush packet in place of a pack: the server wants to hear of more commits that we have.
    if (packet.kind === 'flush') return { kind: 'no-pack', have: answer };
    if (packet.kind !== 'data') continue;
    const line = packetText(packet.payload);
    if (line === 'packfile') return { kind: 'pack', pack: await readPackfile(iterator, limits.packBytes) };
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

/** Section names, `ready`, and the boundary of a server that is itself shallow, which has no meaning here (trust rule 1.5). */
function isTolerated(line: string): boolean {
  return /^(?:acknowledgments|ready|shallow-info|(?:un)?shallow [0-9a-f]+)$/.test(line);
}

/** As git (`not our ref`) and JGit (`want … not valid`) word it. */
function isRefusedWant(line: string): boolean {
  return /^ERR .*(?:not our ref|want [0-9a-f]+ not valid)/.test(line);
}

/** The pack from the side-band's first channel, up to the flush packet; the second holds progress for people, the third a fatal error. */
async function readPackfile(packets: AsyncIterator<Packet, void>, maxBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let total = 0;
  for (;;) {
    const { value: packet, done } = await packets.next();
    if (done === true) throw truncatedPack('the answer ends within it');
    if (packet.kind === 'flush') return Buffer.concat(parts, total);
    if (packet.kind !== 'data') throw badResponse('its pack holds a stray packet');
    const channel = packet.payload[0];
    const content = packet.payload.subarray(1);
    if (channel === 1) {
      total += content.length;
      // Trust rule 4.7: counted as it arrives, before it is kept.
      if (total > maxBytes) throw limitExceeded('packBytes', `The pack is larger than ${maxBytes} bytes`);
      parts.push(content);
    } else if (channel === 3) throw serverError(content.toString('latin1'));
    else if (channel !== 2) throw badResponse('its pack uses an unknown side-band channel');
  }
}
