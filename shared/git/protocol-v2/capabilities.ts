import type { ObjectFormat } from '../../model/oid.ts';
import { DELIMITER_PACKET, encodePacket, FLUSH_PACKET, type Packet, packetText } from '../pkt-line.ts';
import { badResponse } from '../transport-error.ts';
import { errorOfPacket } from './server-error.ts';

/** What a server offers (gitprotocol-v2, "Capability Advertisement"). */
export interface Capabilities {
  readonly objectFormat: ObjectFormat;
  /** Whether the client should name the object format in its requests: JGit, for one, refuses what it did not advertise. */
  readonly namesObjectFormat: boolean;
  readonly takesAgent: boolean;
  /** Whether `fetch` takes a filter; without it trees and blobs come along and are skipped. */
  readonly filter: boolean;
  /** Whether `fetch` can leave histories out. */
  readonly shallow: boolean;
}

const MAX_CAPABILITIES = 1_000;

/** @throws TransportError where the server does not speak protocol v2 as Headlock needs it */
export async function readCapabilities(packets: AsyncIterable<Packet>): Promise<Capabilities> {
  const lines = await readAdvertisedLines(packets);
  if (lines[0] !== 'version 2') {
    throw badResponse('it does not speak git protocol version 2 (on JGit and Gerrit, set protocol.version = 2)');
  }
  const values = new Map(lines.slice(1).map((line): [string, string] => splitAt(line, '=')));
  const fetchFeatures = values.get('fetch')?.split(' ');
  if (fetchFeatures === undefined || !values.has('ls-refs')) throw badResponse('it offers no "ls-refs" or no "fetch"');
  const objectFormat = values.get('object-format') ?? 'sha1';
  if (objectFormat !== 'sha1' && objectFormat !== 'sha256') throw badResponse('it uses an unknown object format');
  return {
    objectFormat,
    namesObjectFormat: values.has('object-format'),
    takesAgent: values.has('agent'),
    filter: fetchFeatures.includes('filter'),
    shallow: fetchFeatures.includes('shallow'),
  };
}

/** A request of protocol v2: a command with the capabilities that the server knows, then its arguments. */
export function encodeCommand(
  command: 'ls-refs' | 'fetch',
  capabilities: Capabilities,
  userAgent: string,
  args: readonly string[],
): string {
  const head = [`command=${command}`];
  if (capabilities.takesAgent) head.push(`agent=${userAgent}`);
  if (capabilities.namesObjectFormat) head.push(`object-format=${capabilities.objectFormat}`);
  const encodeLine = (line: string): string => encodePacket(`${line}\n`);
  return head.map(encodeLine).join('') + DELIMITER_PACKET + args.map(encodeLine).join('') + FLUSH_PACKET;
}

/** The lines up to the last flush packet, without the `# service=` part that version 2 servers may leave out. */
async function readAdvertisedLines(packets: AsyncIterable<Packet>): Promise<readonly string[]> {
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
    if (lines.length === 0 && line === '# service=git-upload-pack') service = true;
    else if (lines.push(line) > MAX_CAPABILITIES) throw badResponse('it lists too many capabilities');
    // A version 0 server starts with its refs, of which there may be very many.
    if (lines.length === 1 && lines[0] !== 'version 2') return lines;
  }
  throw badResponse('its list of capabilities is incomplete');
}

function splitAt(line: string, separator: string): [string, string] {
  const index = line.indexOf(separator);
  return index < 0 ? [line, ''] : [line.slice(0, index), line.slice(index + 1)];
}
