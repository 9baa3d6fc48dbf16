import { Buffer } from 'node:buffer';
import type { Identity } from '../model/commit.ts';

/** One `<`, one `>`, seconds that neither overflow nor start with 0 in vain, and the zone, which old tools wrote with up to six digits. */
const IDENTITY = /^(?:([^<>\n]*) )?<([^<>\n]*)> (0|[1-9]\d{0,14}) [+-]\d{4,6}$/;

/** Reads `Name <email> seconds zone`, one character a byte; null where it is anything else (trust rules 1.2, 4.9). */
export function parseIdentity(value: string): Identity | null {
  const match = IDENTITY.exec(value);
  if (match === null) return null;
  const [, person = '', email = '', seconds] = match;
  return { name: decodeUtf8(person), email: decodeUtf8(email), seconds: Number(seconds) };
}

const NOT_ASCII = /[\x80-\xff]/;

function decodeUtf8(latin1: string): string {
  return NOT_ASCII.test(latin1) ? Buffer.from(latin1, 'latin1').toString('utf8') : latin1;
}
