import { expect, it } from 'vitest';
import { createExpiringCache } from '../../../shared/store/expiring-cache.ts';

function createWorld(maxEntries = 3) {
  const clock = { now: 1_800_000_000_000 };
  const cache = createExpiringCache<string>({ lifetimeMs: 100, maxEntries, now: () => clock.now });
  return { clock, cache };
}

it('keeps a value for its time, counted from when it was asked for', () => {
  const { clock, cache } = createWorld();
  cache.set('a', 'value', clock.now - 40);
  clock.now += 59;
  expect(cache.get('a')).toBe('value');
  clock.now += 1;
  expect(cache.get('a')).toBeNull();
});

it('keeps nothing longer where the clock is set back', () => {
  const { clock, cache } = createWorld();
  cache.set('a', 'value', clock.now);
  clock.now -= 1;
  expect(cache.get('a')).toBeNull();
});

it('drops the one that was set the longest ago past its bound', () => {
  const { clock, cache } = createWorld();
  for (const name of ['a', 'b', 'c', 'a', 'd']) cache.set(name, name.toUpperCase(), clock.now);
  expect(['a', 'b', 'c', 'd'].map((name) => cache.get(name))).toEqual(['A', null, 'C', 'D']);
});
