import { Buffer } from 'node:buffer';
import type { HttpAgents } from '../git/http-agents.ts';
import { exchangeHttp, type HttpAnswer } from '../git/http-exchange.ts';

export interface ApiRequest {
  readonly method: 'GET' | 'POST';
  /** The base of the REST API, without a slash at its end. */
  readonly apiUrl: string;
  /** From the base on, with its first slash. */
  readonly path: string;
  /** Sent as a bearer token: in memory only, never in a message (trust rule 7.3). */
  readonly token: string;
  readonly body?: object;
  /** Printable ASCII without spaces: `headlock/0.1.0`. */
  readonly userAgent: string;
  readonly signal: AbortSignal;
  readonly agents?: HttpAgents;
}

export interface ApiAnswer extends Pick<HttpAnswer, 'status' | 'headers'> {
  /** What the body holds; null where it is no JSON. */
  readonly value: unknown;
}

const MAX_ANSWER_BYTES = 1024 * 1024;

/** Calls GitHub's REST API. No redirect is followed. @throws TransportError where there is no answer */
export function askGitHub({ apiUrl, path, token, body, userAgent, ...of }: ApiRequest): Promise<ApiAnswer> {
  const headers = {
    accept: 'application/vnd.github+json',
    'x-github-api-version': '2022-11-28',
    'user-agent': userAgent,
    authorization: `Bearer ${token}`,
  };
  const content = body === undefined ? {} : { body: JSON.stringify(body) };
  const request = {
    ...of,
    ...content,
    url: new URL(apiUrl + path),
    headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
    maxBytes: MAX_ANSWER_BYTES,
  };
  return exchangeHttp(request, async ({ status, headers: answered, chunks }) => {
    const parts: Uint8Array[] = [];
    for await (const chunk of chunks) parts.push(chunk);
    return { status, headers: answered, value: parseJson(Buffer.concat(parts).toString('utf8')) };
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
