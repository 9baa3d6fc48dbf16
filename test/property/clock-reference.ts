import type { Oid } from '../../shared/model/oid.ts';
import type { BranchPolicy } from '../../shared/model/policy.ts';
import type { ClockedDraft, ClockWorld, Rules } from '../support/clock-world.ts';

const FIVE_MINUTES = 300;

/** When each commit was first seen, in seconds since 1970 (trust rule 3.1). */
export type Sightings = Map<Oid, number>;

/** What the trust rules make of a branch at one moment. */
export type ReferenceDecision =
  | { readonly kind: 'not-descendant' }
  | {
      readonly kind: 'decided';
      readonly trusted: Oid;
      /** The commit that the lock names, and every reason that holds against it; null where the tip is trusted. */
      readonly offence: { readonly commit: Oid; readonly reasons: ReadonlySet<string> } | null;
      /** Commits that only wait for their own date, and from when on they count. */
      readonly waiting: ReadonlyMap<Oid, number>;
    };

/** Trust rules 3.1–3.3 and 3.6 as they read, without any care for speed or for which reason is told first. */
export function reasonsAgainst(
  draft: ClockedDraft,
  firstSeen: number,
  now: number,
  rules: Rules,
  keyTime: BranchPolicy['keyTime'],
): Set<string> {
  const { signer, isTampered } = draft;
  if (signer === null) return new Set(['unsigned']);
  if (signer === 'Eve') return new Set(['unknown_key']);
  if (isTampered) return new Set(['invalid']);
  const isOpenPgp = signer === 'Anne' || signer === 'Bert';
  const { validFrom, validUntil, matchEmail, key } = rules[signer];
  const reasons = new Set<string>();

  // 3.1: the signature's own time; SSH has none, so the committer's date stands in. And first seen, unless it is relaxed.
  const claim = isOpenPgp ? draft.signedAt : draft.committedAt;
  const isRelaxed = keyTime !== 'first-seen';
  for (const time of isRelaxed ? [claim] : [claim, firstSeen]) {
    if (validFrom !== null && time < validFrom) reasons.add('not_yet_valid_key');
    if (validUntil !== null && time >= validUntil) reasons.add('expired_key');
    if (!isOpenPgp) continue;
    if (keyTime !== 'ignore' && key.expires !== null && time >= key.expires) reasons.add('expired_key');
    // 3.3: a soft revocation counts from its time on.
    if (key.revocation?.kind === 'soft' && time >= key.revocation.at) reasons.add('revoked_key');
  }
  if (isOpenPgp) {
    if (key.revocation?.kind === 'hard') reasons.add('revoked_key');
    if (!key.signing) reasons.add('not_signing_key');
    if (claim < key.created) reasons.add('not_yet_valid_key');
    // 3.2: clocks differ by five minutes.
    if (!isRelaxed && firstSeen + FIVE_MINUTES < key.created) reasons.add('not_yet_valid_key');
    if (!isRelaxed && draft.lifetime !== null && firstSeen >= claim + draft.lifetime) reasons.add('expired_key');
  }
  // 3.2
  if (claim > now + FIVE_MINUTES) reasons.add('future_signature');
  // 3.6
  if (matchEmail && draft.email !== `${signer.toLowerCase()}@example.com`) reasons.add('bad_email');
  return reasons;
}

/** Trust rules 4.1–4.5 as they read; commits that are asked for the first time are first seen now. */
export function decideByTheRules(
  world: ClockWorld,
  base: Oid,
  tip: Oid,
  now: number,
  { mode, keyTime }: Pick<BranchPolicy, 'mode' | 'keyTime'>,
  rules: Rules,
  seen: Sightings,
): ReferenceDecision {
  const parentsOf = (id: Oid) => world.drafts.get(id)?.parents ?? [];
  const reach = (from: Oid): Set<Oid> => {
    const reached = new Set([from]);
    for (const id of reached) for (const parent of parentsOf(id)) reached.add(parent);
    return reached;
  };
  if (tip === base) return { kind: 'decided', trusted: base, offence: null, waiting: new Map() };
  const chain: Oid[] = [];
  for (let id: Oid | undefined = tip; id !== undefined; id = parentsOf(id)[0]) chain.push(id);
  // 4.4
  if (!reach(tip).has(base) || (mode === 'first-parent' && !chain.includes(base))) return { kind: 'not-descendant' };

  // 4.2: candidates; 4.1: what each of them asks for.
  const candidates = chain.filter((id) => id !== base && reach(id).has(base));
  const behind = reach(base);
  const asked = (candidate: Oid): Oid[] => {
    if (mode === 'head') return [candidate];
    if (mode === 'first-parent') return chain.slice(chain.indexOf(candidate), chain.indexOf(base));
    return [...reach(candidate)].filter((id) => !behind.has(id));
  };
  const all = new Set(candidates.flatMap(asked));
  for (const id of all) if (!seen.has(id)) seen.set(id, now);

  const against = new Map<Oid, ReadonlySet<string>>();
  const waiting = new Map<Oid, number>();
  for (const id of all) {
    const draft = world.drafts.get(id);
    if (draft === undefined) throw new Error('A commit is not known.');
    const reasons = reasonsAgainst(draft, seen.get(id) ?? now, now, rules, keyTime);
    if (reasons.has('future_signature')) {
      const claim = draft.signer === 'Anne' || draft.signer === 'Bert' ? draft.signedAt : draft.committedAt;
      if (reasons.size === 1) waiting.set(id, claim - FIVE_MINUTES);
    }
    // 4.5
    if (mode === 'all' && parentsOf(id).length === 0) against.set(id, new Set(['unrelated_history']));
    else if (reasons.size > 0) against.set(id, reasons);
  }
  const proven = candidates.find((candidate) => asked(candidate).every((id) => !against.has(id)));
  const trusted = proven ?? base;
  if (trusted === tip) return { kind: 'decided', trusted, offence: null, waiting: new Map() };

  // 4.3: of the blocked candidate nearest what is trusted now, the first that fails: parents before children, ties by id.
  const ahead = candidates.slice(0, proven === undefined ? candidates.length : candidates.indexOf(proven));
  const blocked = ahead.findLast((candidate) => asked(candidate).some((id) => against.has(id))) ?? tip;
  const wanted = new Set(asked(blocked));
  const failing = [...wanted].filter((id) => against.has(id));
  const isFirst = (id: Oid) => {
    const within = mode === 'first-parent' ? chain.slice(chain.indexOf(id)) : [...reach(id)];
    return !failing.some((other) => other !== id && within.includes(other));
  };
  const [first] = failing.filter(isFirst).toSorted();
  if (first === undefined) throw new Error('Nothing fails, and the tip is not trusted.');
  return { kind: 'decided', trusted, offence: { commit: first, reasons: against.get(first) ?? new Set() }, waiting };
}
