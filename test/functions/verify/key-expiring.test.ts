import { describe, expect, it } from 'vitest';
import { watchBranches } from '../../../functions/compare-refs/watch-branches.ts';
import { isOwing } from '../../../functions/compare-refs/watched.ts';
import type { VerifyPorts } from '../../../functions/verify/ports.ts';
import { verifyBranch } from '../../../functions/verify/verify-branch.ts';
import { parseSshPublicKey } from '../../../shared/signatures/ssh/parse-public-key.ts';
import { createBranchState } from '../../../shared/trust/apply-policy.ts';
import { createSshForgingKey } from '../../support/forge-ssh.ts';
import { createMemoryForge } from '../../support/memory-forge.ts';
import { createMemoryStores } from '../../support/memory-stores.ts';
import { createBranchPolicy, createPolicy } from '../../support/policies.ts';
import { createSignatory } from '../../support/signatories.ts';

const START = Date.parse('2026-11-21T10:00:00.000Z');
const HOUR = 3_600_000;
const DAYS = 24 * HOUR;

/** A repository whose one signatory's keys count for forty days, with two branches that are swept every hour. */
async function createWorld(fault: 'timeout' | null = null) {
  const forge = createMemoryForge();
  const anchor = forge.commit('Anchor');
  const signatory = createSignatory([parseSshPublicKey(createSshForgingKey().line)], {
    validUntil: START / 1000 + 40 * 86_400,
  });
  const branches = ['main', 'next'].map((name) => createBranchPolicy({ name, anchor }));
  const policy = createPolicy('shop', { branches });
  let time = START;
  const worlds = await Promise.all(
    branches.map(async (branch) => {
      const ref = { repository: 'shop', branch: branch.name };
      forge.branches.set(branch.name, anchor);
      const stores = createMemoryStores(ref, () => {});
      stores.applied.push({ version: 1, policy, signatories: [signatory] });
      const now = new Date(START).toISOString();
      const change = { policyVersion: 1, actor: 'a test', now, url: null, exceptions: {} };
      await stores.branches.write(createBranchState(ref, branch, change));
      const ports: VerifyPorts = {
        ...{ ...stores, openSources: async () => [forge.source()], now: () => new Date(time) },
        ...{ lagSeconds: 120, verdictsPerStep: 1_000 },
      };
      return { ref, stores, ports };
    }),
  );
  const alerts: { readonly day: number; readonly branch: string; readonly title: string }[] = [];
  return {
    alerts,
    async pass(days: number) {
      for (const end = time + days * DAYS; time < end; time += HOUR) {
        for (const { ref, stores, ports } of worlds) {
          const [watched] = await watchBranches(ref.repository, stores);
          const isFirst = time === START;
          if (!isFirst && (watched === undefined || !isOwing(watched, new Date(time).toISOString()))) continue;
          await verifyBranch(ref, ports);
          forge.fault = fault;
          for (const { event, title } of stores.published.values()) {
            if (event === 'key-expiring') alerts.push({ day: (time - START) / DAYS, branch: ref.branch, title });
          }
          stores.published.clear();
        }
      }
    },
    worlds,
  };
}

describe('keys that end (rule 5.5)', () => {
  const told = [
    { day: 10, branch: 'main', title: 'shop: A key of Alice ends within 30 days' },
    { day: 33, branch: 'main', title: 'shop: A key of Alice ends within 7 days' },
    { day: 39, branch: 'main', title: 'shop: A key of Alice ends within a day' },
  ];

  it('are told by one branch of the repository, when the sweep finds that they are due, once each', async () => {
    const world = await createWorld();
    await world.pass(50);
    expect(world.alerts).toEqual(told);
    const [main, next] = await Promise.all(world.worlds.map(({ ref, stores }) => stores.branches.read(ref)));
    expect(main?.keys).toMatchObject({ nextAt: null, soonest: [] });
    expect(next?.keys).toBeNull();
  });

  it('are told whether or not the forge answers', async () => {
    const world = await createWorld('timeout');
    await world.pass(50);
    expect(world.alerts).toEqual(told);
  });
});
