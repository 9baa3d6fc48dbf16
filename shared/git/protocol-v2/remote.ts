import { type GitRemote, MAX_LISTING_BYTES, maxAnswerBytes } from '../git-remote.ts';
import type { GitTransport } from '../git-transport.ts';
import { type Capabilities, encodeCommand } from './capabilities.ts';
import { fetchArguments, readFetchReply } from './fetch.ts';
import { lsRefsArguments, readRefs } from './ls-refs.ts';

/** A server that speaks version 2 (gitprotocol-v2): one request a command, none remembered. */
export function createRemoteV2(transport: GitTransport, capabilities: Capabilities, userAgent: string): GitRemote {
  const { objectFormat: format } = capabilities;
  return {
    format,
    isSnapshot: false,
    listRefs: (prefixes, signal, take) => {
      const body = encodeCommand('ls-refs', capabilities, userAgent, lsRefsArguments(prefixes));
      const request = { body, maxBytes: MAX_LISTING_BYTES, signal };
      return transport.exchange(request, (packets) => readRefs(packets, format, take));
    },
    fetch: (request, signal) => {
      const body = encodeCommand('fetch', capabilities, userAgent, fetchArguments(request, capabilities));
      const maxBytes = maxAnswerBytes(request.limits);
      return transport.exchange({ body, maxBytes, signal }, (packets) => readFetchReply(packets, request));
    },
  };
}
