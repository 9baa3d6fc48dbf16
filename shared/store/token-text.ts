import { createHash, randomBytes } from 'node:crypto';

const PREFIX = 'hl_';
const RANDOM_BYTES = 32;

/** A new agent token: `hl_` and 32 random bytes in base64url. Shown once, never stored; the prefix lets scanners find leaks. */
export function createTokenText(): string {
  return PREFIX + randomBytes(RANDOM_BYTES).toString('base64url');
}

export function isTokenText(text: string): boolean {
  return /^hl_[A-Za-z0-9_-]{43}$/.test(text);
}

/** What is stored of a token: its hexadecimal SHA-256. 256 random bits need no slow hash. */
export function hashTokenText(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
