import { type ForgeKind, forgeOfCommitter, forgeOfKey } from './forges.ts';
import type { Signer } from './signer.ts';
import type { Person, SurveyedCommit } from './survey.ts';

/** What one signer signed, and for whom. */
export interface SignerUse {
  readonly signer: Signer;
  readonly commits: number;
  /** Committers that its commits claim, the most frequent first. */
  readonly committers: readonly { readonly person: Person; readonly commits: number }[];
  /** A forge, whose key this is: one that is known, or one that signs nothing but what the forge commits. */
  readonly forge: ForgeKind | null;
}

/** By how much they signed. */
export function listSigners(commits: Iterable<SurveyedCommit>): readonly SignerUse[] {
  const counts = new Map<Signer, Map<Person, number>>();
  for (const { signer, committer } of commits) {
    if (signer === null) continue;
    const people = counts.get(signer) ?? new Map<Person, number>();
    counts.set(signer, people);
    people.set(committer, (people.get(committer) ?? 0) + 1);
  }
  const uses = [...counts].map(([signer, people]) => {
    const committers = [...people]
      .map(([person, count]) => ({ person, commits: count }))
      .sort((one, other) => other.commits - one.commits || compare(one.person.email, other.person.email));
    const commits = committers.reduce((total, one) => total + one.commits, 0);
    return { signer, commits, committers, forge: forgeOf(signer, [...people.keys()]) };
  });
  return uses.sort((one, other) => other.commits - one.commits || compare(one.signer.id ?? '', other.signer.id ?? ''));
}

function forgeOf({ id, format }: Signer, committers: readonly Person[]): ForgeKind | null {
  const known = forgeOfKey(id);
  if (known !== null || id === null || format === 'x509') return known;
  const [first = null, ...others] = new Set(committers.map(forgeOfCommitter));
  return others.length === 0 ? first : null;
}

/** The forge whose key a signer is, by what it signed or by where its key was found. */
export function createForgeIndex(
  uses: readonly SignerUse[],
  signatories: readonly { readonly signers: readonly Signer[]; readonly forge: ForgeKind | null }[],
): (signer: Signer | null) => ForgeKind | null {
  const forges = new Map(uses.map(({ signer, forge }) => [signer, forge]));
  for (const { signers, forge } of signatories)
    if (forge !== null) for (const signer of signers) forges.set(signer, forge);
  return (signer) => (signer === null ? null : (forges.get(signer) ?? null));
}

export function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
