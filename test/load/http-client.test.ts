import { createServer, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { createHttpClient } from './http-client.ts';

const QUESTION = { method: 'GET', path: '/', headers: {} } as const;

/** A client of a server that does this with each question. */
async function connectTo(answer: (socket: Socket) => void) {
  const server = createServer((socket) => socket.on('error', () => {}).on('data', () => answer(socket)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  const client = createHttpClient(`http://127.0.0.1:${address.port}`);
  onTestFinished(() => {
    client.close();
    server.close();
  });
  return client;
}

it.each([
  ['whole', ['HTTP/1.1 200 OK\r\nEtag: "a"\r\ncontent-length: 2\r\n\r\nok']],
  ['cut anywhere', ['HTTP/1.1 200 OK\r', '\netag: "a"\r\ncontent-length: 2\r\n\r', '\no', 'k']],
])('reads an answer that comes %s', async (_, parts) => {
  const client = await connectTo(async (socket) => {
    for (const part of parts) await new Promise((resolve) => socket.write(part, resolve));
  });
  for (const _ of [1, 2])
    expect(await client.ask(QUESTION)).toEqual({ status: 200, etag: '"a"', body: Buffer.from('ok') });
});

it.each([
  [
    'has a body that must have none',
    'HTTP/1.1 304 Not Modified\r\ncontent-length: 4\r\n\r\nsome',
    /longer than it says/,
  ],
  ['is longer than it says', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok HTTP/1.1 200 OK', /longer than it says/],
  ['has no length', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n', /length of this answer/],
  ['has no status', 'HTTP/1.1 OK\r\ncontent-length: 0\r\n\r\n', /status/],
])('fails where an answer %s', async (_, bytes, message) => {
  const client = await connectTo((socket) => socket.write(bytes));
  await expect(client.ask(QUESTION)).rejects.toThrow(message);
});

it('opens another connection where the server has closed the one before', async () => {
  const closed = Promise.withResolvers<void>();
  let connections = 0;
  const client = await connectTo((socket) => {
    connections += 1;
    // When the other side has closed it too.
    socket.on('close', closed.resolve).end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
  });
  expect(await client.ask(QUESTION)).toMatchObject({ status: 200 });
  await closed.promise;
  expect(await client.ask(QUESTION)).toMatchObject({ status: 200 });
  expect(connections).toBe(2);
});

it('fails all that is asked, also what waits for a connection, where the server hangs up', async () => {
  const client = await connectTo((socket) => void socket.destroy());
  const asked = await Promise.allSettled(Array.from({ length: 200 }, () => client.ask(QUESTION)));
  expect(asked.map(({ status }) => status)).toEqual(Array.from(asked, () => 'rejected'));
});
