import { AwsError } from './aws-error.ts';
import type { Answer } from './http-server.ts';

/** AWS JSON 1.0 and 1.1: the operation stands in a header, errors carry their name in `__type`. */
export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new AwsError('SerializationException', 'The request body is not JSON.');
  }
}

export function writeJson(output: unknown, type: string): Answer {
  return { status: 200, type, body: JSON.stringify(output ?? {}) };
}

export function writeJsonError({ code, message, status }: AwsError, type: string): Answer {
  const body = message === '' ? { __type: code } : { __type: code, message };
  return { status, type, body: JSON.stringify(body) };
}
