import { createHash } from 'node:crypto';
import type { AppliedPolicy } from '../model/policy.ts';

/**
 * SHA-256, hexadecimal, of a repository's policy and its compiled keyring, as JSON without white space whose names are sorted:
 * the same for the same rules and keys, whatever the version.
 */
export function digestPolicy({ policy, signatories }: Pick<AppliedPolicy, 'policy' | 'signatories'>): string {
  return createHash('sha256').update(JSON.stringify({ policy, signatories }, sortNames)).digest('hex');
}

function sortNames(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
