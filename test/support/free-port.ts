import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below what systems give to whoever asks for any port (from 32768 on, or higher): nothing else gets one of these by chance. */
const FIRST = 20_000;
const COUNT = 10_000;

/** Test files run in processes of their own, at the same time: each tries other ports first. */
let next = process.pid % COUNT;

/** A loopback port that nobody uses, for a server that has to be found again after a restart. */
export async function findFreePort(): Promise<number> {
  for (let tried = 0; tried < COUNT; tried += 1) {
    const port = FIRST + next;
    next = (next + 1) % COUNT;
    const server = createServer();
    const isFree = once(server, 'listening').then(
      () => true,
      () => false,
    );
    server.listen(port, '127.0.0.1');
    if (!(await isFree)) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
  throw new Error('No port is free.');
}
