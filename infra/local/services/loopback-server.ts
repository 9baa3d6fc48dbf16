import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HeadlockError } from '../../../shared/model/headlock-error.ts';

export interface LoopbackServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Has a server listen on the loopback interface and nowhere else. @param port - 0: any free one. @throws HeadlockError `port_in_use` */
export async function listenOnLoopback(server: Server, port: number): Promise<LoopbackServer> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const inUse = `Port ${port} is in use by another program. Stop that program, or name another port with --port.`;
      reject(
        cause.code === 'EADDRINUSE' ? new HeadlockError('port_in_use', inUse, { kind: 'configuration', cause }) : cause,
      );
    });
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
