import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly etag: string | undefined;
  readonly body: Buffer;
}

export interface Question {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

/** Longer than any answer takes that is not lost. */
const TIMEOUT_MS = 60_000;
const MAX_CONNECTIONS = 64;

/**
 * Kept connections, as forges' proxies and agents have them, with one question at a time each. It reads what this server
 * writes and no more: a whole client of HTTP would take as much of this machine as what it measures.
 */
export function createHttpClient(origin: string) {
  const { hostname, port } = new URL(origin);
  const idle: Socket[] = [];
  const all = new Set<Socket>();
  const waiting: ((socket: Socket) => void)[] = [];

  function acquire(): Promise<Socket> | Socket {
    const socket = idle.pop();
    if (socket !== undefined) return socket.destroyed ? acquire() : socket;
    if (all.size < MAX_CONNECTIONS) return open();
    return new Promise((resolve) => waiting.push(resolve));
  }

  async function open(): Promise<Socket> {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    all.add(socket);
    socket.once('close', () => all.delete(socket));
    socket.on('timeout', () => socket.destroy(new Error('No answer came.')));
    await once(socket, 'connect');
    return socket;
  }

  function release(socket: Socket): void {
    const next = waiting.shift();
    if (next === undefined) idle.push(socket);
    else next(socket);
  }

  return {
    async ask(question: Question): Promise<Answer> {
      const socket = await acquire();
      const answer = await exchange(socket, writeRequest(hostname, question));
      release(socket);
      return answer;
    },
    close() {
      for (const socket of all) socket.destroy();
    },
  };
}

export type HttpClient = ReturnType<typeof createHttpClient>;

function writeRequest(host: string, { method, path, headers, body = Buffer.alloc(0) }: Question): Buffer {
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n${fields.join('')}\r\n`), body]);
}

function exchange(socket: Socket, request: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let received: Buffer = Buffer.alloc(0);
    const settle = (finish: () => void) => {
      socket.setTimeout(0).off('data', onData).off('error', onEnd).off('close', onEnd);
      finish();
    };
    const onEnd = (error: unknown) =>
      settle(() => reject(error instanceof Error ? error : new Error('The connection was closed.')));
    const onData = (chunk: Buffer) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      const answer = readAnswer(received);
      if (answer !== null) settle(() => resolve(answer));
    };
    socket.on('data', onData).on('error', onEnd).on('close', onEnd);
    socket.setTimeout(TIMEOUT_MS).write(request);
  });
}

/** @returns null while it has not come whole */
function readAnswer(bytes: Buffer): Answer | null {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const head = bytes.toString('latin1', 0, end);
  const status = Number(head.slice(9, 12));
  const length = status === 304 ? 0 : Number(fieldOf(head, 'content-length'));
  if (!Number.isSafeInteger(length)) throw new Error(`The length of this answer is not told: ${head}`);
  const body = bytes.subarray(end + 4, end + 4 + length);
  return body.length < length ? null : { status, etag: fieldOf(head, 'etag'), body };
}

function fieldOf(head: string, name: string): string | undefined {
  return new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1];
}
