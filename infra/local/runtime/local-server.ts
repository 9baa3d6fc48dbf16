import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listenOnLoopback } from '../services/loopback-server.ts';
import type { RequestListener } from './http-gateway.ts';

export interface LocalServer {
  readonly url: string;
  /** What answers; until it is set, the answer is 503. */
  serve: RequestListener;
  close(): Promise<void>;
}

/** @param port - 0: any free one. @throws HeadlockError `port_in_use` */
export async function startLocalServer(port: number): Promise<LocalServer> {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = URL.parse(`http://localhost${request.url}`);
    if (url === null) response.writeHead(400).end();
    else await local.serve(request, response, url);
  };
  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
  const listening = await listenOnLoopback(server, port);
  const local: LocalServer = {
    url: `http://127.0.0.1:${listening.port}`,
    serve: async (_, response) => void response.writeHead(503).end('Headlock is starting.\n'),
    close: listening.close,
  };
  return local;
}
