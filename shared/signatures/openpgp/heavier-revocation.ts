import type { Revocation } from '../../model/signatory.ts';

/** The revocation that voids more: a hard one, else the earlier (trust rule 3.3). */
export function heavierRevocation(one: Revocation | null, other: Revocation | null): Revocation | null {
  if (one === null || other === null) return one ?? other;
  if (one.kind === 'hard' || other.kind === 'hard') return { kind: 'hard' };
  return one.at <= other.at ? one : other;
}
