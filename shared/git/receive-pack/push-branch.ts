import { Buffer } from 'node:buffer';
import { type ObjectFormat, type Oid, oidBytes } from '../../model/oid.ts';
import { readAdvertisement } from '../advertisement.ts';
import type { GitTransport } from '../git-transport.ts';
import { encodePacket, FLUSH_PACKET, type Packet, packetText } from '../pkt-line.ts';
import { type AdvertisedRefs, parseAdvertisedRefs } from '../protocol-v0/advertised-refs.ts';
import { quoteClaim } from '../server-error.ts';
import { badResponse, TransportError } from '../transport-error.ts';
import { encodePack, type NewObject } from './encode-pack.ts';

/** To move one branch, by force where it must be. */
export interface BranchPush {
  readonly branch: string;
  readonly to: Oid;
  /** All that the server may lack. */
  readonly objects: readonly NewObject[];
}

export interface PushOptions {
  /** Of the service `git-receive-pack`. */
  readonly transport: GitTransport<string | Uint8Array>;
  /** Printable ASCII without spaces: `headlock/0.1.0`. */
  readonly userAgent: string;
  /** Ends the whole push. */
  readonly signal: AbortSignal;
}

/** A status report of a few lines. */
const MAX_REPORT_BYTES = 64 * 1024;

/**
 * Moves one branch on a server (gitprotocol-pack, "Reference Update Request and Packfile Transfer"), from wherever it is now.
 * @throws TransportError, `refused_credentials` where the server does not let this caller move the branch so
 */
export async function pushBranch(push: BranchPush, { transport, userAgent, signal }: PushOptions): Promise<void> {
  const advertised = parseAdvertisedRefs(await transport.advertise(signal, readAdvertisement));
  const body = encodePush(push, advertised, userAgent);
  const lines = await transport.exchange({ body, maxBytes: MAX_REPORT_BYTES, signal }, readReport);
  const refusal = lines.find((line) => /^(?:unpack (?!ok$)|ng )/.test(line));
  if (refusal === undefined && lines.includes(`ok refs/heads/${push.branch}`)) return;
  throw new TransportError(
    'refused_credentials',
    `The git server does not move ${push.branch} (${quoteClaim(refusal ?? 'it reports nothing of it')}). Let the pusher's credentials force-push to this branch.`,
  );
}

function encodePush(
  { branch, to, objects }: BranchPush,
  { format, capabilities, refs }: AdvertisedRefs,
  userAgent: string,
): Buffer {
  const name = `refs/heads/${branch}`;
  const from = refs.find((ref) => ref.name === name)?.oid ?? zeroOid(format);
  const chosen = ['report-status', `object-format=${format}`].filter((each) => capabilities.has(each));
  const command = encodePacket(`${from} ${to} ${name}\0 ${[...chosen, `agent=${userAgent}`].join(' ')}`);
  return Buffer.concat([Buffer.from(command + FLUSH_PACKET), encodePack(objects, format)]);
}

/** Stands for a ref that is not there yet. */
function zeroOid(format: ObjectFormat): string {
  return '00'.repeat(oidBytes(format));
}

async function readReport(packets: AsyncIterable<Packet>): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const packet of packets) {
    if (packet.kind === 'flush') return lines;
    if (packet.kind !== 'data') throw badResponse('its report of a push holds a stray packet');
    lines.push(packetText(packet.payload));
  }
  throw badResponse('its report of a push is incomplete');
}
