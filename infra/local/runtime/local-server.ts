import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HeadlockError } from '../../../shared/model/headlock-error.ts';
import type { RequestListener } from './http-gateway.ts';

export interface LocalServer {
  readonly url: string;
  /** What answers; until it is set, the answer is 503. */
  serve: RequestListener;
  close(): Promise<void>;
}

/** Listens on the loopback interface and nowhere else. @param port - 0: any free one. @throws HeadlockError `port_in_use` */
export async function startLocalServer(port: number): Promise<LocalServer> {
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = URL.parse(`http://localhost${request.url}`);
    if (url === null) response.writeHead(400).end();
    else await local.serve(request, response, url);
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const message = `Port ${port} is in use by another program. Stop that program, or name another port with --port.`;
      const inUse = new HeadlockError('port_in_use', message, { kind: 'configuration', cause });
      reject(cause.code === 'EADDRINUSE' ? inUse : cause);
    });
    server.listen(port, '127.0.0.1', resolve);
  });
  const local: LocalServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    serve: async (_, response) => void response.writeHead(503).end('Headlock is starting.\n'),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return local;
}
