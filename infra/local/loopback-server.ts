import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HeadlockError } from '../../shared/model/headlock-error.ts';

export type RequestListener = (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<void>;

export interface LoopbackServer {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** What answers; until it is set, the answer is 503. */
  serve: RequestListener;
  /** Ends what is being answered, too. */
  close(): Promise<void>;
}

/** Longer than the SDK's pauses, or a request may meet a connection that is just being closed. */
const KEEP_ALIVE_MILLISECONDS = 60_000;

/** An HTTP server on the loopback interface and nowhere else. @param port - 0: any free one. @throws HeadlockError `port_in_use` */
export async function startLoopbackServer(port: number): Promise<LoopbackServer> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MILLISECONDS }, (request, response) => {
    const url = URL.parse(`http://localhost${request.url}`);
    if (url === null) response.writeHead(400).end();
    else loopback.serve(request, response, url).catch(() => response.destroy());
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'EADDRINUSE') throw cause;
    const message = `Port ${port} is in use by another program. Stop that program, or name another port with --port.`;
    throw new HeadlockError('port_in_use', message, { kind: 'configuration', cause });
  });
  const loopback: LoopbackServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    serve: async (_, response) => void response.writeHead(503).end('Headlock is starting.\n'),
    close: async () => {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return loopback;
}
