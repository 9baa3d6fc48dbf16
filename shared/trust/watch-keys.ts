import { isDeepStrictEqual } from 'node:util';
import type { Alert } from '../model/alert.ts';
import type { BranchRef } from '../model/branch-ref.ts';
import type { BranchState, KeyWatch, Timestamp } from '../model/branch-state.ts';
import type { KeyExpiry } from './list-key-expiries.ts';

const DAY_MS = 24 * 3_600_000;

/** People are told so many days before a key ends, once each. */
const WARNING_DAYS = [1, 7, 30] as const;
/** So far ahead the keys that end are kept where the sweep sees them, for the metric. */
const WATCHED_DAYS = 60;
/** The item is read at every poll of an agent, so it stays small. */
const MAX_SOONEST = 20;
const MAX_KEYS_SHOWN = 20;

/** Whether the keys are to be looked at again: one of them comes nearer its end, or a clock was wrong. */
export function isKeyCheckDue({ keys }: Pick<BranchState, 'keys'>, now: Timestamp): boolean {
  if (keys === null) return false;
  return keys.checkedAt > now || (keys.nextAt !== null && keys.nextAt <= now);
}

/**
 * Looks at the keys that end, and says of which people are to be told now: those that came within 30, 7 or 1 days of their end
 * since the latest look, so that each is told once (trust rule 5.5). At the first look, all that are that near.
 * @param expiries - null where another branch of the repository watches its keys
 */
export function watchKeys(
  { ref, keys: former }: Pick<BranchState, 'ref' | 'keys'>,
  expiries: readonly KeyExpiry[] | null,
  now: Timestamp,
): { readonly keys: KeyWatch | null; readonly alert: Alert | null } {
  if (expiries === null) return { keys: null, alert: null };
  const time = Date.parse(now);
  const coming = expiries.filter(({ expires }) => expires * 1000 > time).toSorted((a, b) => a.expires - b.expires);
  const next = coming
    .flatMap(pointsOf)
    .filter((point) => point > time)
    .reduce((one, other) => Math.min(one, other), Infinity);
  const keys: KeyWatch = {
    checkedAt: now,
    nextAt: Number.isFinite(next) ? new Date(next).toISOString() : null,
    soonest: soonestOf(coming, time),
  };
  const { checkedAt, ...found } = keys;
  if (former !== null && former.checkedAt <= now) {
    const { checkedAt: _, ...known } = former;
    if (isDeepStrictEqual(found, known)) return { keys: former, alert: null };
  }
  const from = former === null ? 0 : Date.parse(former.checkedAt);
  const told = coming.filter((expiry) => warningsOf(expiry).some((point) => point > from && point <= time));
  return { keys, alert: told.length === 0 ? null : createKeyAlert(ref, told, time) };
}

/** Of each signatory the key that ends first. */
function soonestOf(coming: readonly KeyExpiry[], time: number): KeyWatch['soonest'] {
  const near = coming.filter(({ expires }) => expires * 1000 - time <= WATCHED_DAYS * DAY_MS);
  const first = new Map(near.toReversed().map(({ signatory, expires }) => [signatory, expires]));
  return [...first]
    .toSorted(([, a], [, b]) => a - b)
    .slice(0, MAX_SOONEST)
    .map(([signatory, expires]) => ({ signatory, expires: new Date(expires * 1000).toISOString() }));
}

function warningsOf({ expires }: KeyExpiry): readonly number[] {
  return WARNING_DAYS.map((days) => expires * 1000 - days * DAY_MS);
}

/** All moments at which something else is to be said of the key. */
function pointsOf(expiry: KeyExpiry): readonly number[] {
  const end = expiry.expires * 1000;
  return [end - WATCHED_DAYS * DAY_MS, ...warningsOf(expiry), end];
}

function createKeyAlert(ref: BranchRef, told: readonly KeyExpiry[], time: number): Alert {
  const { repository } = ref;
  const lines = told.slice(0, MAX_KEYS_SHOWN).map(({ signatory, key, expires }) => {
    return `${key} of ${signatory} ends at ${new Date(expires * 1000).toISOString()}.`;
  });
  const hidden = told.length - lines.length;
  const [first] = told;
  const left = first === undefined ? 0 : first.expires * 1000 - time;
  const within = WARNING_DAYS.find((days) => left <= days * DAY_MS) ?? WATCHED_DAYS;
  const who = told.length === 1 ? `A key of ${first?.signatory}` : `${told.length} keys`;
  return {
    event: 'key-expiring',
    ref,
    severity: within === 1 ? 'critical' : 'warning',
    title: `${repository}: ${who} ${told.length === 1 ? 'ends' : 'end, the first'} within ${within === 1 ? 'a day' : `${within} days`}`,
    description: `${lines.join(' ')}${hidden > 0 ? ` So do ${hidden} more.` : ''} What is signed after that locks its branch.`,
    nextSteps: [
      'Extend or replace the key, put its new certificate into the policy, and run `headlock apply`.',
      'Commits that are published already stay trusted.',
    ],
  };
}
