import { expect, it } from 'vitest';
import { rememberTokens, TOKEN_MEMORY_MS } from '../../../shared/store/remembered-tokens.ts';
import type { AgentToken } from '../../../shared/store/token-store.ts';

const TOKEN: AgentToken = {
  ...{ sha256: 'a'.repeat(64), name: 'agent', repositories: ['shop'] },
  ...{ created: '2026-01-01T00:00:00Z', expires: null, revoked: null },
};

function createWorld(stored: AgentToken | null = TOKEN) {
  const world = { now: 1_800_000_000_000, stored, reads: 0 };
  const read = async () => {
    world.reads += 1;
    return world.stored;
  };
  return { world, tokens: rememberTokens({ read }, () => world.now) };
}

it('reads a token once for many polls', async () => {
  const { world, tokens } = createWorld();
  for (let n = 0; n < 100; n += 1) expect(await tokens.read(TOKEN.sha256)).toEqual(TOKEN);
  expect(world.reads).toBe(1);
});

it('lets a revocation count within a minute, also where the clock is set back', async () => {
  const { world, tokens } = createWorld();
  await tokens.read(TOKEN.sha256);
  world.stored = { ...TOKEN, revoked: '2026-06-01T00:00:00Z' };
  world.now += TOKEN_MEMORY_MS - 1;
  expect(await tokens.read(TOKEN.sha256)).toEqual(TOKEN);
  world.now += 1;
  expect(await tokens.read(TOKEN.sha256)).toEqual(world.stored);
  world.stored = null;
  world.now -= 3_600_000;
  expect(await tokens.read(TOKEN.sha256)).toBeNull();
});

it('does not remember that there was no token', async () => {
  const { world, tokens } = createWorld(null);
  expect(await tokens.read(TOKEN.sha256)).toBeNull();
  world.stored = TOKEN;
  expect(await tokens.read(TOKEN.sha256)).toEqual(TOKEN);
});

it('counts the minute from when a token was asked for, not from when it came', async () => {
  const { world } = createWorld();
  const slow = async () => {
    world.reads += 1;
    world.now += TOKEN_MEMORY_MS;
    return TOKEN;
  };
  const tokens = rememberTokens({ read: slow }, () => world.now);
  await tokens.read(TOKEN.sha256);
  await tokens.read(TOKEN.sha256);
  expect(world.reads).toBe(2);
});
