import type { GitRemote } from './git-remote.ts';
import type { GitTransport } from './git-transport.ts';
import { openRemote } from './open-remote.ts';

/** What a server offers is asked once, and again after a failure: it may have moved, or changed. */
export interface RememberedRemote {
  /** @throws TransportError */
  open(signal: AbortSignal): Promise<GitRemote>;
  /** The same, with refs as they are now. @throws TransportError */
  openAnew(signal: AbortSignal): Promise<GitRemote>;
  /** What is known may be the reason of a failure. @throws that failure */
  forgetAfter(failure: unknown): never;
}

/** @param userAgent - printable ASCII without spaces: `headlock/0.1.0` */
export function createRememberedRemote(transport: GitTransport, userAgent: string): RememberedRemote {
  let known: GitRemote | null = null;
  const open = async (signal: AbortSignal): Promise<GitRemote> => {
    known ??= await openRemote(transport, userAgent, signal);
    return known;
  };
  return {
    open,
    openAnew: (signal) => {
      if (known?.isSnapshot) known = null;
      return open(signal);
    },
    forgetAfter: (failure) => {
      known = null;
      throw failure;
    },
  };
}
