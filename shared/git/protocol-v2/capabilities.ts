import type { ObjectFormat } from '../../model/oid.ts';
import { DELIMITER_PACKET, encodeLine, FLUSH_PACKET } from '../pkt-line.ts';
import { badResponse } from '../transport-error.ts';

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

/** @param lines - what the server advertises, from `version 2` on. @throws TransportError where Headlock needs more */
export function parseCapabilities(lines: readonly string[]): Capabilities {
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
  return head.map(encodeLine).join('') + DELIMITER_PACKET + args.map(encodeLine).join('') + FLUSH_PACKET;
}

function splitAt(line: string, separator: string): [string, string] {
  const index = line.indexOf(separator);
  return index < 0 ? [line, ''] : [line.slice(0, index), line.slice(index + 1)];
}
