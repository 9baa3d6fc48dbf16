import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Oid } from '../../shared/model/oid.ts';
import type { Mode } from '../../shared/model/policy.ts';
import type { KeyTime, Revocation } from '../../shared/model/signatory.ts';
import {
  type ClockedDraft,
  type ClockWorld,
  createClockWorld,
  type Rules,
  type SignerName,
  type SignerRules,
} from '../support/clock-world.ts';
import { SEED } from '../support/seed.ts';
import { decideByTheRules, reasonsAgainst, type Sightings } from './clock-reference.ts';

const START = Date.UTC(2026, 0, 10) / 1000;
const HOUR = 3_600;

/** Moments before, within and after a run, with those around them that a rule may tell apart. */
const moment = fc
  .tuple(fc.constantFrom(-60, -30, -2, 0, 1, 2, 5, 20, 60), fc.constantFrom(0, 0, -1, 1, 300, -300, 301, -301))
  .map(([hours, seconds]) => START + hours * HOUR + seconds);
const early = fc.constant(START - 1_000 * HOUR);
const bound = fc.option(moment, { freq: 3, nil: null });
const revocation: fc.Arbitrary<Revocation | null> = fc.oneof(
  { weight: 6, arbitrary: fc.constant(null) },
  { weight: 2, arbitrary: moment.map((at) => ({ kind: 'soft' as const, at })) },
);
const signerRules: fc.Arbitrary<SignerRules> = fc.record({
  validFrom: fc.option(moment, { freq: 6, nil: null }),
  validUntil: bound,
  matchEmail: fc.boolean(),
  key: fc.record({
    created: fc.oneof({ weight: 4, arbitrary: early }, { weight: 1, arbitrary: moment }),
    expires: bound,
    revocation,
    signing: fc.constantFrom(true, true, true, true, true, false),
  }),
});
const rulesOf: fc.Arbitrary<Rules> = fc.record({
  Anne: signerRules,
  Bert: signerRules,
  Cleo: signerRules,
  Dora: signerRules,
});

interface Shape {
  /** On top of the tip, of an earlier commit, or of nothing. */
  readonly base: 'tip' | 'tip' | 'tip' | 'earlier' | 'root';
  readonly others: readonly number[];
  readonly isFoxtrot: boolean;
  readonly signer: SignerName | null;
  readonly committed: number;
  readonly signed: number;
  readonly lifetime: number | null;
  readonly isOwnEmail: boolean;
  readonly isTampered: boolean;
}
/** Seconds from the maker's now. */
const claim = fc.constantFrom(0, 0, 0, 0, -30 * HOUR, -HOUR, -1, 299, 300, 301, HOUR, 30 * HOUR);
const shape: fc.Arbitrary<Shape> = fc.record({
  base: fc.constantFrom('tip', 'tip', 'tip', 'tip', 'tip', 'earlier', 'root'),
  others: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(fc.nat(), { maxLength: 3 }) },
  ),
  isFoxtrot: fc.boolean(),
  signer: fc.constantFrom<SignerName | null>(
    ...(['Anne', 'Bert', 'Cleo', 'Dora'] as const),
    'Anne',
    'Bert',
    'Cleo',
    'Dora',
    'Anne',
    'Cleo',
    'Eve',
    null,
  ),
  committed: claim,
  signed: claim,
  lifetime: fc.constantFrom(null, null, null, null, 60, HOUR, 100 * HOUR),
  isOwnEmail: fc.constantFrom(true, true, true, false),
  isTampered: fc.constantFrom(...Array.from({ length: 15 }, () => false), true),
});

type Step =
  | { readonly does: 'commit'; readonly shape: Shape }
  | { readonly does: 'push' }
  | { readonly does: 'force-push'; readonly to: number }
  | { readonly does: 'wait'; readonly seconds: number }
  | { readonly does: 'apply'; readonly rules: Rules }
  | { readonly does: 'verify' };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ does: fc.constant('commit'), shape }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('push') }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('force-push'), to: fc.nat() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constant('wait'),
      seconds: fc.constantFrom(1, 299, 300, 301, HOUR, 5 * HOUR, 20 * HOUR),
    }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('apply'), rules: rulesOf }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constant('verify') }) },
);
interface Scenario {
  readonly mode: Mode;
  readonly keyTime: KeyTime;
  readonly rules: Rules;
  readonly verdictsPerStep: number;
  readonly steps: readonly Step[];
}
const scenario: fc.Arbitrary<Scenario> = fc.record({
  mode: fc.constantFrom<Mode>('all', 'all', 'first-parent', 'head'),
  keyTime: fc.constantFrom<KeyTime>('first-seen', 'first-seen', 'signature', 'ignore'),
  rules: rulesOf,
  verdictsPerStep: fc.constantFrom(2, 10_000, 10_000),
  steps: fc.array(step, { minLength: 5, maxLength: 40 }),
});

/** What came out of all runs together, so that nobody takes a test for proof that never met a case. */
const met = { decisions: 0, advances: 0, locks: new Map<string, number>(), rewrites: 0, waits: 0 };

describe('random histories with random clocks, keys and policies, all of it really signed', () => {
  it('are decided as the trust rules read, time after time', async () => {
    await fc.assert(fc.asyncProperty(scenario, play), { seed: SEED, numRuns: 1_000 });
    console.log(
      `Decisions compared: ${JSON.stringify({ ...met, locks: Object.fromEntries([...met.locks].toSorted()) })}`,
    );
    const reasons = [
      'unsigned',
      'unknown_key',
      'invalid',
      'expired_key',
      'revoked_key',
      'not_yet_valid_key',
      'not_signing_key',
      'future_signature',
      'bad_email',
      'unrelated_history',
    ];
    expect([...met.locks.keys()].toSorted()).toEqual(expect.arrayContaining(reasons));
    expect(met.advances).toBeGreaterThan(300);
  }, 300_000);
});

async function play({ mode, keyTime, rules: first, verdictsPerStep, steps }: Scenario) {
  let [now, rules, trusted] = [START, first, null as Oid | null];
  const world = await createClockWorld({ mode, keyTime }, rules, now, verdictsPerStep);
  const made = [world.anchor];
  let [newest, tip] = [world.anchor, world.anchor];
  const seen: Sightings = new Map();
  for (const each of [...steps, { does: 'push' } as const, { does: 'verify' } as const]) {
    switch (each.does) {
      case 'commit':
        newest = world.commit(draftOf(each.shape, newest, made, now));
        made.push(newest);
        break;
      case 'push':
        tip = newest;
        break;
      case 'force-push':
        newest = made[each.to % made.length] ?? newest;
        tip = newest;
        break;
      case 'wait':
        now += each.seconds;
        break;
      case 'apply':
        rules = each.rules;
        await world.apply(rules, now);
        break;
      case 'verify':
        world.point(tip);
        trusted = await verifyOnce(world, { mode, keyTime, rules, now, tip, trusted, seen });
    }
  }
}

function draftOf(shape: Shape, newest: Oid, made: readonly Oid[], now: number): ClockedDraft {
  const chosen = (index: number) => made[index % made.length] ?? newest;
  const others = shape.others.map(chosen);
  const base = shape.base === 'root' ? [] : [shape.base === 'tip' ? newest : chosen(shape.committed >>> 0)];
  const parents = [...new Set(shape.isFoxtrot ? [...others, ...base] : [...base, ...others])];
  const name = shape.signer === null ? 'nobody' : shape.signer.toLowerCase();
  return {
    parents: shape.base === 'root' ? [] : parents,
    signer: shape.signer,
    committedAt: now + shape.committed,
    signedAt: now + shape.signed,
    lifetime: shape.lifetime,
    email: `${shape.isOwnEmail ? name : 'other'}@example.com`,
    isTampered: shape.isTampered && shape.signer !== null,
  };
}

/** Trust rules 4.1 and 4.4 of what was published, whatever the reference decided: forward, and nothing unproven behind it. */
function checkPublished(
  world: ClockWorld,
  base: Oid,
  revision: Oid,
  { mode, keyTime, rules, now, seen }: Omit<Moment, 'tip' | 'trusted'>,
) {
  const reach = (from: Oid) => {
    const reached = new Set([from]);
    for (const id of reached) for (const parent of world.drafts.get(id)?.parents ?? []) reached.add(parent);
    return reached;
  };
  const [behind, before] = [reach(revision), reach(base)];
  expect(behind.has(base)).toBe(true);
  if (mode !== 'all') return;
  for (const id of behind) {
    const draft = world.drafts.get(id);
    if (before.has(id) || draft === undefined) continue;
    expect([id, ...reasonsAgainst(draft, seen.get(id) ?? Number.NaN, now, rules, keyTime)]).toEqual([id]);
    expect(draft.parents).not.toEqual([]);
  }
}

interface Moment {
  readonly mode: Mode;
  readonly keyTime: KeyTime;
  readonly rules: Rules;
  readonly now: number;
  readonly tip: Oid;
  readonly trusted: Oid | null;
  readonly seen: Sightings;
}

/** One verification, against the reference. @returns what is trusted then */
async function verifyOnce(
  world: ClockWorld,
  { mode, keyTime, rules, now, tip, trusted, seen }: Moment,
): Promise<Oid | null> {
  const base = trusted ?? world.anchor;
  const expected = decideByTheRules(world, base, tip, now, { mode, keyTime }, rules, seen);
  const state = await world.verify(now);
  met.decisions += 1;
  if (expected.kind === 'not-descendant') {
    met.rewrites += 1;
    // Trust rule 4.4: never backwards.
    expect(state.trusted?.oid ?? null).toBe(trusted);
    expect(state.lock?.reason === 'history_rewritten' || state.lagging !== null).toBe(true);
    return trusted;
  }
  expect(state.trusted?.oid).toBe(expected.trusted);
  if (expected.trusted !== trusted) met.advances += 1;
  checkPublished(world, base, state.trusted?.oid ?? base, { mode, keyTime, rules, now, seen });
  expect(state.lock === null).toBe(expected.offence === null);
  if (expected.offence !== null && state.lock !== null) {
    // Trust rule 4.3.
    expect(state.lock.commit).toBe(expected.offence.commit);
    expect([...expected.offence.reasons]).toContain(state.lock.reason);
    met.locks.set(state.lock.reason, (met.locks.get(state.lock.reason) ?? 0) + 1);
  }
  // Trust rule 3.2: what only waits for its own date is judged again when it is due.
  const due = Math.min(...expected.waiting.values());
  if (Number.isFinite(due)) {
    met.waits += 1;
    expect(Date.parse(state.recheckAt ?? '') / 1000).toBeLessThanOrEqual(due);
  }
  return expected.trusted;
}
