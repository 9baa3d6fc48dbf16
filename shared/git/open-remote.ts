import { readAdvertisement } from './advertisement.ts';
import type { GitRemote } from './git-remote.ts';
import type { GitTransport } from './git-transport.ts';
import { parseAdvertisedRefs } from './protocol-v0/advertised-refs.ts';
import { createRemoteV0 } from './protocol-v0/remote.ts';
import { parseCapabilities } from './protocol-v2/capabilities.ts';
import { createRemoteV2 } from './protocol-v2/remote.ts';

/**
 * Asks a server what it offers, and speaks the best version of the protocol that it knows.
 * @param userAgent - printable ASCII without spaces: `headlock/0.1.0`
 * @throws TransportError
 */
export async function openRemote(transport: GitTransport, userAgent: string, signal: AbortSignal): Promise<GitRemote> {
  const lines = await transport.advertise(signal, readAdvertisement);
  return lines[0] === 'version 2'
    ? createRemoteV2(transport, parseCapabilities(lines), userAgent)
    : createRemoteV0(transport, parseAdvertisedRefs(lines), userAgent);
}
