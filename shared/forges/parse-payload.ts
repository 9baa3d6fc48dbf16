import { isUtf8 } from 'node:buffer';
import { createMalformedDeliveryError } from './delivery.ts';

/** Real payloads nest to eight or so; millions of brackets would take seconds and hundreds of megabytes to parse. */
const MAX_DEPTH = 64;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

/** What a delivery says: any field may be missing, or be of any type. */
export type Payload = Readonly<Record<string, unknown>>;

/** The JSON object that a body holds. @throws HeadlockError `malformed_delivery` */
export function parsePayload(rawBody: Buffer): Payload {
  if (!isUtf8(rawBody)) throw createMalformedDeliveryError('is not UTF-8');
  if (nestsTooDeeply(rawBody)) throw createMalformedDeliveryError(`nests deeper than ${MAX_DEPTH} levels`);
  const value = parseJson(rawBody.toString('utf8'));
  if (!isObject(value)) throw createMalformedDeliveryError('is no JSON object');
  return value;
}

export function isObject(value: unknown): value is Payload {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message would quote the body (trust rule 7.3).
    throw createMalformedDeliveryError('is no valid JSON');
  }
}

function nestsTooDeeply(bytes: Buffer): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) inString = !inString;
    else if (inString) i += byte === BACKSLASH ? 1 : 0;
    else if (byte === BRACKET || byte === BRACE) depth++;
    else if (byte === CLOSING_BRACKET || byte === CLOSING_BRACE) depth--;
    if (depth > MAX_DEPTH) return true;
  }
  return false;
}
