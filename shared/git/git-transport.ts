import type { Packet } from './pkt-line.ts';

export type ReadPackets<T> = (packets: AsyncIterable<Packet>) => Promise<T>;

/** The way to a repository's `git-upload-pack`: over HTTP, or over SSH. Requests of `git-receive-pack` hold bytes, too. */
export interface GitTransport<Body = string> {
  /** Asks the server for what it says first. @throws TransportError */
  advertise<T>(signal: AbortSignal, read: ReadPackets<T>): Promise<T>;
  /** Sends one whole request, and hands the packets of its answer to `read`. @throws TransportError */
  exchange<T>(request: GitRequest<Body>, read: ReadPackets<T>): Promise<T>;
}

export interface GitRequest<Body = string> {
  readonly body: Body;
  /** Bytes of the answer as it arrives. */
  readonly maxBytes: number;
  /** Ends the whole exchange. */
  readonly signal: AbortSignal;
}
