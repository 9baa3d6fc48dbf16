import { type GitRemote, maxAnswerBytes } from '../git-remote.ts';
import type { GitTransport } from '../git-transport.ts';
import type { AdvertisedRefs } from './advertised-refs.ts';
import { encodeFetch, readFetchReply } from './fetch.ts';

/** A server that speaks version 0 or 1 (gitprotocol-pack): its refs are those that it advertised. */
export function createRemoteV0(transport: GitTransport, advertised: AdvertisedRefs, userAgent: string): GitRemote {
  const { format, capabilities, refs } = advertised;
  return {
    format,
    isSnapshot: true,
    listRefs: async (prefixes, _, take) => {
      const found = refs.filter(({ name }) => prefixes.some((prefix) => name.startsWith(prefix)));
      for (const { name, oid } of found) take(name, oid);
      return found.length;
    },
    fetch: async (request, signal) => {
      const body = encodeFetch(request, capabilities, userAgent);
      const maxBytes = maxAnswerBytes(request.limits);
      return transport.exchange({ body, maxBytes, signal }, (packets) => readFetchReply(packets, request, advertised));
    },
  };
}
