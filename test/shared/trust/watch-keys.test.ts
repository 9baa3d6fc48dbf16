import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KeyWatch } from '../../../shared/model/branch-state.ts';
import type { KeyExpiry } from '../../../shared/trust/list-key-expiries.ts';
import { isKeyCheckDue, watchKeys } from '../../../shared/trust/watch-keys.ts';
import { SEED } from '../../support/seed.ts';

const REF = { repository: 'payments', branch: 'main' };
const START = Date.parse('2026-11-21T10:00:00.000Z') / 1000;
const [HOUR, DAY] = [3_600, 86_400];
const at = (seconds: number) => new Date((START + seconds) * 1000).toISOString();
const expiry = (signatory: string, seconds: number): KeyExpiry => ({
  ...{ signatory, key: `SHA256:${signatory}`, expires: START + seconds },
});

/** Looks whenever a sweep every hour finds that it is due. @returns what was told, and when */
function tellWithin(expiries: readonly KeyExpiry[], hours: number) {
  let keys: KeyWatch | null = null;
  const told: { readonly hour: number; readonly title: string; readonly severity: string }[] = [];
  for (let hour = 0; hour <= hours; hour += 1) {
    const now = at(hour * HOUR);
    if (keys !== null && !isKeyCheckDue({ keys }, now)) continue;
    const watched: ReturnType<typeof watchKeys> = watchKeys({ ref: REF, keys }, expiries, now);
    if (watched.alert !== null) {
      const { title, severity } = watched.alert;
      told.push({ hour, title, severity });
    }
    keys = watched.keys;
  }
  return { told, keys };
}

describe('keys that end', () => {
  it('are told 30, 7 and 1 days before, once each', () => {
    const { told } = tellWithin([expiry('Alice', 40 * DAY)], 24 * 50);
    expect(told).toEqual([
      { hour: 240, title: 'payments: A key of Alice ends within 30 days', severity: 'warning' },
      { hour: 24 * 33, title: 'payments: A key of Alice ends within 7 days', severity: 'warning' },
      { hour: 24 * 39, title: 'payments: A key of Alice ends within a day', severity: 'critical' },
    ]);
  });

  it('that come near together are one alert, that counts those it has no room for', () => {
    const many = Array.from({ length: 500 }, (_, index) => expiry(`Signer ${index}`, 40 * DAY));
    const { told, keys } = tellWithin(many, 24 * 50);
    expect(told.map(({ title }) => title)).toEqual([
      'payments: 500 keys end, the first within 30 days',
      'payments: 500 keys end, the first within 7 days',
      'payments: 500 keys end, the first within a day',
    ]);
    const { alert } = watchKeys({ ref: REF, keys: null }, many, at(20 * DAY));
    expect(alert?.description).toContain('So do 480 more.');
    expect(alert?.description.length).toBeLessThan(4_000);
    // The item is read at every poll.
    expect(JSON.stringify(watchKeys({ ref: REF, keys: null }, many, at(0)).keys).length).toBeLessThan(2_000);
    expect(keys?.soonest).toEqual([]);
  });

  it('may be any number', () => {
    const all = Array.from({ length: 60_000 }, (_, index) => expiry('Everybody', 40 * DAY + index));
    expect(watchKeys({ ref: REF, keys: null }, all, at(0)).keys?.nextAt).toBe(at(10 * DAY));
  });

  it('of which the sweep is to know are the first of each signatory within sixty days', () => {
    const expiries = [expiry('Alice', 50 * DAY), expiry('Alice', 20 * DAY), expiry('Bob', 61 * DAY)];
    const { keys } = watchKeys({ ref: REF, keys: null }, expiries, at(0));
    expect(keys).toEqual({
      checkedAt: at(0),
      nextAt: at(DAY),
      soonest: [{ signatory: 'Alice', expires: at(20 * DAY) }],
    });
  });

  it('change nothing while nothing comes nearer, so that a sweep that finds nothing writes nothing', () => {
    const expiries = [expiry('Alice', 40 * DAY)];
    const { keys } = watchKeys({ ref: REF, keys: null }, expiries, at(0));
    expect(watchKeys({ ref: REF, keys }, expiries, at(5 * DAY))).toEqual({ keys, alert: null });
    expect(isKeyCheckDue({ keys }, at(10 * DAY - 1))).toBe(false);
    expect(isKeyCheckDue({ keys }, at(10 * DAY))).toBe(true);
  });

  it('are told anew where their end is moved, and no more where it is moved away', () => {
    const { keys } = watchKeys({ ref: REF, keys: null }, [expiry('Alice', 40 * DAY)], at(0));
    const renewed = watchKeys({ ref: REF, keys }, [expiry('Alice', 400 * DAY)], at(20 * DAY));
    expect(renewed.alert).toBeNull();
    expect(renewed.keys?.soonest).toEqual([]);
  });

  it('are looked at again where a clock was ahead', () => {
    const expiries = [expiry('Alice', 400 * DAY)];
    const { keys } = watchKeys({ ref: REF, keys: null }, expiries, at(399 * DAY + HOUR));
    expect(isKeyCheckDue({ keys }, at(0))).toBe(true);
    const back = watchKeys({ ref: REF, keys }, expiries, at(0));
    expect(watchKeys({ ref: REF, keys: back.keys }, expiries, at(370 * DAY)).alert).not.toBeNull();
  });

  it('are watched by one branch of a repository', () => {
    const { keys } = watchKeys({ ref: REF, keys: null }, [expiry('Alice', 4 * DAY)], at(0));
    expect(watchKeys({ ref: REF, keys }, null, at(DAY))).toEqual({ keys: null, alert: null });
  });

  it('whatever the sweep misses, are told of every threshold that a look finds passed, and never twice', () => {
    const met = { told: 0 };
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 90 * 24 }), { minLength: 1, maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 20 * 24 }), { minLength: 1, maxLength: 30 }),
        (ends, pauses) => {
          const expiries = ends.map((hours, index) => expiry(`Signer ${index}`, hours * HOUR));
          let [keys, hour, former] = [null as KeyWatch | null, 0, Number.NEGATIVE_INFINITY];
          for (const pause of [0, ...pauses]) {
            hour += pause;
            const { keys: next, alert } = watchKeys({ ref: REF, keys }, expiries, at(hour * HOUR));
            const expected = ends.filter(
              (end) => end > hour && [720, 168, 24].some((left) => end - left > former && end - left <= hour),
            );
            expect(alert?.description.match(/ ends at /g)?.length ?? 0).toBe(expected.length);
            met.told += expected.length;
            [keys, former] = [next, hour];
            expect(isKeyCheckDue({ keys }, at(hour * HOUR))).toBe(false);
          }
        },
      ),
      { seed: SEED, numRuns: 300 },
    );
    expect(met.told).toBeGreaterThan(300);
  });
});
