import { connect } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly etag: string | undefined;
  readonly body: Buffer;
}

/** A kept connection, with one question at a time. */
export interface Connection {
  /** False where the server has closed it, as it does with those that are idle for long. */
  readonly alive: boolean;
  /** @throws Error where no answer comes, or not exactly one, or one whose length is not told */
  ask(request: Buffer): Promise<Answer>;
  close(): void;
}

/** Longer than any answer takes that is not lost. */
const TIMEOUT_MS = 60_000;
const NOTHING: Buffer = Buffer.alloc(0);

/** Writes wait until it is there; where it never is, the first question fails. */
export function openConnection(host: string, port: number): Connection {
  const socket = connect({ host, port, noDelay: true });
  let received = NOTHING;
  let asked: PromiseWithResolvers<Answer> | null = null;
  let fault = new Error('The connection was closed.');
  const settle = () => {
    const settled = asked;
    socket.setTimeout(0);
    asked = null;
    return settled;
  };

  socket.on('data', (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    if (asked === null) return;
    try {
      const answer = readAnswer(received);
      if (answer === null) return;
      received = NOTHING;
      settle()?.resolve(answer);
    } catch (error) {
      socket.destroy(error as Error);
    }
  });
  socket.on('timeout', () => socket.destroy(new Error('No answer came.')));
  socket.on('error', (error) => {
    fault = error;
  });
  socket.on('close', () => settle()?.reject(fault));

  return {
    get alive() {
      return socket.writable;
    },
    ask(request) {
      asked = Promise.withResolvers();
      const { promise } = asked;
      if (received.length > 0) socket.destroy(new Error('An answer came before its question.'));
      else socket.setTimeout(TIMEOUT_MS).write(request);
      return promise;
    },
    close: () => void socket.destroy(),
  };
}

/** @returns null while it has not come whole */
function readAnswer(bytes: Buffer): Answer | null {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const head = bytes.toString('latin1', 0, end);
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1];
  const length = status === '304' ? '0' : fieldOf(head, 'content-length');
  if (status === undefined || !/^\d{1,9}$/.test(length ?? '')) {
    throw new Error(`The status or the length of this answer is not told: ${head}`);
  }
  const body = bytes.subarray(end + 4);
  if (body.length > Number(length)) throw new Error(`More than one answer came, or one longer than it says: ${head}`);
  return body.length < Number(length) ? null : { status: Number(status), etag: fieldOf(head, 'etag'), body };
}

function fieldOf(head: string, name: string): string | undefined {
  return new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1];
}
