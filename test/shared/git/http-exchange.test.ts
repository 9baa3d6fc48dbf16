import { channel } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { type ClientRequest, createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createHttpAgents } from '../../../shared/git/http-agents.ts';
import { exchangeHttp, type HttpAnswer } from '../../../shared/git/http-exchange.ts';
import { fetchFailureOf, limitExceeded, unreachableOf } from '../../../shared/git/transport-error.ts';

const servers: Server[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const server of servers.splice(0)) {
    server.close();
    await once(server, 'close');
  }
});

async function listen(server: Server): Promise<string> {
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function exchange<T>(url: string, read: (answer: HttpAnswer) => Promise<T>): Promise<T> {
  const request = { method: 'GET', headers: {}, maxBytes: 1_000, signal: new AbortController().signal } as const;
  return exchangeHttp({ ...request, url: new URL(url) }, read);
}

describe('what fails while an answer is read', () => {
  const readWith = async (error: unknown) => {
    const host = await listen(createHttpServer((_, response) => void response.end('Answer')));
    return exchange(`http://${host}/`, () => Promise.reject(error));
  };
  const withCode = (code: string, more = {}) => Object.assign(new Error(code), { code, ...more });

  it('is told by its cause where the network failed', async () => {
    await expect(readWith(withCode('ETIMEDOUT', { syscall: 'read' }))).rejects.toMatchObject({ code: 'timeout' });
    await expect(readWith(withCode('EPIPE', { syscall: 'write' }))).rejects.toMatchObject({ code: 'connection' });
  });

  it.each([
    new TypeError('A bug'),
    withCode('ERR_INVALID_STATE'),
    'no error at all',
  ])('stays what it is where it is a bug: %s', async (bug) => {
    await expect(readWith(bug)).rejects.toBe(bug);
  });
});

describe('a server that says nothing', () => {
  it('is given up when TLS is not ready ten seconds after the connection began', async () => {
    const host = await listen(createServer((socket) => void socket.on('error', () => {})));
    const connected = once(servers[0] as Server, 'connection');
    vi.useFakeTimers();
    const answer = exchange(`https://${host}/`, async () => null);
    const refused = expect(answer).rejects.toMatchObject({ code: 'timeout' });
    await connected;
    vi.advanceTimersByTime(10_000);
    await refused;
  });

  it('is given up as soon as Node tells that the connection was idle for half a minute', async () => {
    const host = await listen(createHttpServer(() => {}));
    const started: ClientRequest[] = [];
    const onStart = (message: unknown) => void started.push((message as { request: ClientRequest }).request);
    channel('http.client.request.start').subscribe(onStart);
    const asked = once(servers[0] as Server, 'request');
    const answer = exchange(`http://${host}/`, async () => null);
    const refused = expect(answer).rejects.toMatchObject({ code: 'timeout' });
    await asked;
    channel('http.client.request.start').unsubscribe(onStart);
    const [request] = started;
    expect(request?.socket?.timeout).toBe(30_000);
    request?.socket?.emit('timeout');
    await refused;
  });
});

it('is given up while a proxy says nothing', async () => {
  const host = await listen(createServer());
  const connected = once(servers[0] as Server, 'connection');
  const agents = createHttpAgents(null, { HTTPS_PROXY: `http://${host}` });
  const deadline = new AbortController();
  const request = { method: 'GET', url: new URL('https://git.example.com/'), headers: {}, maxBytes: 1_000 } as const;
  const ask = () => exchangeHttp({ ...request, signal: deadline.signal, agents }, async () => null);
  const refused = expect(ask()).rejects.toMatchObject({ code: 'timeout' });
  const [socket] = await connected;
  deadline.abort();
  await refused;
  await expect(ask()).rejects.toMatchObject({ code: 'timeout' });
  socket.destroy();
});

it('is given up where the server switches to another protocol', async () => {
  const answer = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n';
  const host = await listen(createServer((socket) => void socket.once('data', () => socket.write(answer))));
  await expect(exchange(`http://${host}/`, async () => null)).rejects.toMatchObject({ code: 'bad_response' });
});

it('does not trust a kept connection after a pause of the machine', async () => {
  const host = await listen(createHttpServer((_, response) => void response.end('Answer')));
  let connections = 0;
  servers[0]?.on('connection', () => {
    connections += 1;
  });
  const exchangeAt = async (time: number) => {
    vi.useFakeTimers({ toFake: ['Date'], now: time });
    await exchange(`http://${host}/`, async () => null);
    await new Promise(setImmediate); // then the connection is free
    return connections;
  };
  expect([await exchangeAt(0), await exchangeAt(59_000), await exchangeAt(120_000)]).toEqual([1, 1, 2]);
});

describe('a failure of the source is an outcome', () => {
  it('of which limits are told apart (trust rule 4.7), and no bug is one', () => {
    const past = limitExceeded('commits', 'There are more');
    expect(fetchFailureOf(past)).toMatchObject({ kind: 'limit-exceeded', limit: 'commits' });
    for (const bug of [new TypeError('A bug'), past]) expect(() => unreachableOf(bug)).toThrow(bug);
  });
});
