import type { Oid } from '../../shared/model/oid.ts';
import { type AttackVector, nameIn } from './attack-vectors.ts';

/** `trusted A`, or `locked at T on A: unsigned`: where the branch holds, on what, and why. */
export function formatOutcome(
  vector: AttackVector,
  held: Oid,
  lock: { commit: Oid | null; reason: string } | null,
): string {
  const revision = nameIn(vector, held);
  return lock === null
    ? `trusted ${revision}`
    : `locked at ${revision} on ${nameIn(vector, lock.commit)}: ${lock.reason}`;
}
