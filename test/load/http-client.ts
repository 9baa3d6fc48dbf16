import { Agent, request } from 'node:http';
import { buffer } from 'node:stream/consumers';

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

/** Kept connections, as forges' proxies and agents have them; node's own client costs the least of this machine. */
export function createHttpClient(origin: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const { hostname, port } = new URL(origin);
  return {
    ask({ body, ...question }: Question): Promise<Answer> {
      return new Promise((resolve, reject) => {
        const sent = request({ agent, hostname, port, timeout: TIMEOUT_MS, ...question }, (response) => {
          const { statusCode: status = 0, headers } = response;
          buffer(response).then((bytes) => resolve({ status, etag: headers.etag, body: bytes }), reject);
        });
        sent.on('timeout', () => sent.destroy(new Error('No answer came.')));
        sent.on('error', reject);
        sent.end(body);
      });
    },
    close: () => agent.destroy(),
  };
}

export type HttpClient = ReturnType<typeof createHttpClient>;
