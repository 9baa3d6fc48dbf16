import { connect } from 'node:net';
import type { GitTransport } from '../../shared/git/git-transport.ts';
import { encodePacket, type Packet, readPackets } from '../../shared/git/pkt-line.ts';

export interface TcpTransportOptions {
  readonly port: number;
  /** The repository's name on the server. */
  readonly name: string;
  /** What the client asks for; null says nothing, as clients did before there were versions. */
  readonly version: 1 | 2 | null;
}

/**
 * The way to a `git daemon` over plain TCP (gitprotocol-pack, "Git Transport"). Like SSH it keeps its state for a connection:
 * each starts with what the server says first.
 */
export function createTcpTransport({ port, name, version }: TcpTransportOptions): GitTransport {
  const open = async <T>(
    signal: AbortSignal,
    talk: (packets: AsyncGenerator<Packet>, send: (body: string) => void) => Promise<T>,
  ): Promise<T> => {
    const socket = connect({ port, host: '127.0.0.1', signal });
    const parameters = version === null ? '' : `\0version=${version}\0`;
    socket.on('error', () => {}); // whoever reads meets it
    socket.write(encodePacket(`git-upload-pack /${name}\0host=127.0.0.1\0${parameters}`));
    try {
      return await talk(readPackets(socket), (body) => socket.end(body));
    } finally {
      socket.destroy();
    }
  };
  return {
    advertise: (signal: AbortSignal, read) => open(signal, read),
    exchange: ({ body, signal }, read) =>
      open(signal, async (packets, send) => {
        // Version 2 would wait for another command: the end of what is sent says that there is none.
        for (let first = await packets.next(); first.value?.kind === 'data'; ) first = await packets.next();
        send(body);
        return read(packets);
      }),
  };
}
