import type { Buffer } from 'node:buffer';
import { type Packet, packetText, readPackets } from './pkt-line.ts';
import type { SshConnection } from './ssh-connection.ts';
import { commandError } from './ssh-error.ts';
import { badResponse } from './transport-error.ts';

/** A `git-upload-pack` that runs on a server. */
export interface SshChannel {
  /** Sends a request, which is empty where the server speaks first, and hands the packets of its answer to `read`. */
  ask<T>(body: string, maxBytes: number, read: (packets: AsyncIterable<Packet>) => Promise<T>): Promise<T>;
  /** Whether it takes this request: any number of them in version 2, and one in the others. */
  takes(body: string): boolean;
  close(): void;
}

/** git has nothing to say there; a shell may greet. */
const MAX_STDERR_BYTES = 64 * 1024;

export async function openSshChannel(connection: SshConnection, command: string): Promise<SshChannel> {
  const channel = await connection.run(command);
  let [asked, allowed, stderrBytes] = [0, 0, 0];
  let stderr = '';
  let first: Packet | null = null;
  let latest: Packet | null = null;
  channel.stderr.on('data', (chunk: Buffer) => {
    stderrBytes += chunk.length;
    if (stderrBytes > MAX_STDERR_BYTES) connection.end(badResponse('it writes errors without end'));
    else stderr += chunk.toString('latin1');
  });
  const ended = new Promise<number | string | null | undefined>((resolve) => {
    channel.once('close', (code?: number | null, signal?: string) => resolve(code === null ? signal : code));
  });

  async function* readChunks(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of channel as AsyncIterable<Uint8Array>) {
      allowed -= chunk.length;
      if (allowed < 0) throw badResponse('it is larger than it may be');
      yield chunk;
    }
    const status = await ended;
    const failure = connection.failure();
    if (failure !== null) throw failure;
    // What was not said to the end makes no sense: whoever reads finds out. Why it was not comes first.
    if (status !== 0 && status != null) throw commandError(stderr, status);
  }
  // One for the whole life of the channel: it may have read more than it gave away.
  const packets = readPackets(readChunks());
  async function* readTurn(): AsyncGenerator<Packet, void, undefined> {
    for (;;) {
      const { value, done } = await packets.next();
      if (done === true) return;
      first ??= value;
      latest = value;
      yield value;
      // Nothing follows before the next request.
      if (isWaiting()) return;
    }
  }
  /** After a flush packet: of each answer in version 2, of the advertisement in the others. */
  const isWaiting = (): boolean =>
    latest?.kind === 'flush' && (asked === 1 || (first?.kind === 'data' && packetText(first.payload) === 'version 2'));

  return {
    ask: (body, maxBytes, read) => {
      asked += 1;
      allowed = maxBytes;
      if (body !== '') channel.write(body);
      return read(readTurn());
    },
    // git reads a repository's refs once in a process: later it lists what they were.
    takes: (body) => channel.writable && isWaiting() && (asked === 1 || !body.includes('command=ls-refs\n')),
    close: () => channel.close(),
  };
}
