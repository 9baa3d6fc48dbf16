import { once } from 'node:events';
import { createServer } from 'node:net';

/** A loopback port that nobody uses now, for a server that has to be found again after a restart. */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('A TCP server has a port.');
  return address.port;
}
