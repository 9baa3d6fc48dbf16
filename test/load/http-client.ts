import { type Answer, type Connection, openConnection } from './connection.ts';

export interface Question {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

const MAX_CONNECTIONS = 64;

/**
 * Kept connections, as forges' proxies and agents have them. It reads what this server writes and no more: a whole client of
 * HTTP would take as much of this machine as what it measures.
 */
export function createHttpClient(origin: string) {
  const { hostname, port } = new URL(origin);
  const idle: Connection[] = [];
  const all = new Set<Connection>();
  const waiting: (() => void)[] = [];

  async function acquire(): Promise<Connection> {
    for (;;) {
      const connection = idle.pop();
      if (connection?.alive) return connection;
      if (connection !== undefined) all.delete(connection);
      else if (all.size < MAX_CONNECTIONS) return open();
      else await new Promise<void>((resolve) => waiting.push(resolve));
    }
  }

  function open(): Connection {
    const connection = openConnection(hostname, Number(port));
    all.add(connection);
    return connection;
  }

  return {
    async ask(question: Question): Promise<Answer> {
      const connection = await acquire();
      try {
        return await connection.ask(writeRequest(hostname, question));
      } finally {
        // One that broke is dropped when it is taken next.
        idle.push(connection);
        waiting.shift()?.();
      }
    },
    close() {
      for (const connection of all) connection.close();
    },
  };
}

export type HttpClient = ReturnType<typeof createHttpClient>;

function writeRequest(host: string, { method, path, headers, body = Buffer.alloc(0) }: Question): Buffer {
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n${fields.join('')}\r\n`), body]);
}
