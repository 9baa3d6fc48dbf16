import { createHash } from 'node:crypto';
import type { Signatory } from '../model/signatory.ts';

/** What binds a policy version to the chunks of its compiled keyring. */
export interface KeyringBinding {
  readonly chunks: number;
  /** Hexadecimal SHA-256 of all chunks joined. */
  readonly sha256: string;
}

/** An item holds at most 400 kB. */
const CHUNK_BYTES = 300_000;

/** The keyring as JSON, cut into pieces that fit into items, with what binds them. */
export function cutKeyring(signatories: readonly Signatory[]): { binding: KeyringBinding; chunks: Uint8Array[] } {
  const bytes = new TextEncoder().encode(JSON.stringify(signatories));
  const chunks: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
    chunks.push(bytes.subarray(start, start + CHUNK_BYTES));
  }
  return { binding: { chunks: chunks.length, sha256: sha256Of(chunks) }, chunks };
}

/** @returns the JSON value that the chunks hold, or null where they are not those that were bound. */
export function joinKeyring(binding: KeyringBinding, chunks: readonly Uint8Array[]): unknown {
  if (chunks.length !== binding.chunks || sha256Of(chunks) !== binding.sha256) return null;
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

function sha256Of(chunks: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}
