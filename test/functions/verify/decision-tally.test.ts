import { beforeEach, describe, expect, it } from 'vitest';
import { createDecisionTally } from '../../../functions/verify/decision-tally.ts';
import type { VerifyPorts } from '../../../functions/verify/ports.ts';
import { verifyBranch } from '../../../functions/verify/verify-branch.ts';
import type { DecisionReport } from '../../../shared/model/decision-report.ts';
import type { Oid } from '../../../shared/model/oid.ts';
import { parseSshPublicKey } from '../../../shared/signatures/ssh/parse-public-key.ts';
import { createBranchState } from '../../../shared/trust/apply-policy.ts';
import { createSshForgingKey } from '../../support/forge-ssh.ts';
import { createMemoryForge, type MemoryForge } from '../../support/memory-forge.ts';
import { createMemoryStores, type MemoryStores } from '../../support/memory-stores.ts';
import { createBranchPolicy, createPolicy } from '../../support/policies.ts';
import { createSignatory } from '../../support/signatories.ts';

const REF = { repository: 'shop', branch: 'main' };
const NOW = '2026-11-21T10:00:00.000Z';
const key = createSshForgingKey();

let forge: MemoryForge;
let stores: MemoryStores;
let anchor: Oid;
let tip: Oid;

/** Commits on top of the branch, signed or not. */
function push(...signed: readonly boolean[]): void {
  for (const isSigned of signed) {
    const seconds = Date.parse(NOW) / 1000;
    tip = forge.commit(`${forge.commits.size}`, { parents: [tip], key: isSigned ? key : null, seconds });
  }
  forge.branches.set('main', tip);
}

/** One run. @returns what it counted, also where it failed */
async function run(changes: Partial<VerifyPorts> = {}): Promise<DecisionReport | null> {
  const tally = createDecisionTally(REF);
  const ports: VerifyPorts = {
    ...{ ...stores, openSources: async () => [forge.source()], now: () => new Date(NOW) },
    ...{ lagSeconds: 120, verdictsPerStep: 1_000, ...changes },
  };
  await verifyBranch(REF, ports, tally).catch(() => {});
  return tally.report;
}

const countsOf = (report: DecisionReport | null) => [report?.verified, Object.fromEntries(report?.refused ?? [])];

beforeEach(async () => {
  forge = createMemoryForge();
  stores = createMemoryStores(REF, () => {});
  anchor = forge.commit('Anchor');
  tip = anchor;
  forge.branches.set('main', tip);
  const branch = createBranchPolicy({ anchor: tip });
  const policy = createPolicy(REF.repository, { branches: [branch] });
  stores.applied.push({ version: 1, policy, signatories: [createSignatory([parseSshPublicKey(key.line)])] });
  const change = { policyVersion: 1, actor: 'a test', now: NOW, url: null, exceptions: {} };
  await stores.branches.write(createBranchState(REF, branch, change));
});

describe('what a run counts', () => {
  it('is every commit once, however often a locked branch is judged', async () => {
    push(true, true, false);
    expect(await run()).toMatchObject({
      ...{ ref: REF, outcome: 'advanced', reason: 'unsigned', sequence: 1, restarts: 0, judged: 3 },
      ...{ verified: 2, refused: new Map([['unsigned', 1]]), isPushed: true, recordedAt: NOW },
    });
    push(true);
    expect(await run()).toMatchObject({ outcome: 'unchanged', judged: 2, verified: 1, refused: new Map() });
    expect(await run()).toMatchObject({ outcome: 'settled', reason: 'unsigned', judged: 0, verified: 0 });
  });

  it('is not lost where another write came first, and counts once then', async () => {
    push(true, false);
    let isFirst = true;
    const write: VerifyPorts['branches']['write'] = async (state) => {
      if (isFirst && state.tip !== null) {
        isFirst = false;
        return null;
      }
      return stores.branches.write(state);
    };
    const report = await run({ branches: { ...stores.branches, write } });
    expect(report).toMatchObject({ restarts: 1, verified: 1, refused: new Map([['unsigned', 1]]) });
    expect(await run()).toMatchObject({ outcome: 'settled' });
  });

  it('counts where its alerts could not be told, and not again when they are', async () => {
    push(true, false);
    const alerts = { publish: () => Promise.reject(new Error('No topic.')) };
    expect(countsOf(await run({ alerts }))).toEqual([1, { unsigned: 1 }]);
    expect(countsOf(await run())).toEqual([0, {}]);
    expect(stores.published.size).toBeGreaterThan(0);
  });

  it('of a long range is what each step judged', async () => {
    push(true, true, false, true, true);
    const steps: (DecisionReport | null)[] = [];
    while (steps.at(-1)?.outcome !== 'settled') steps.push(await run({ verdictsPerStep: 2 }));
    expect(steps.map((step) => [step?.outcome, ...countsOf(step)])).toEqual([
      ['in-progress', 2, {}],
      ['in-progress', 1, { unsigned: 1 }],
      ['advanced', 1, {}],
      ['settled', 0, {}],
    ]);
  });

  it('is nothing where no outcome was recorded', async () => {
    push(true);
    const seen = { ...stores.seen, write: () => Promise.reject(new Error('No table.')) };
    expect(await run({ seen })).toBeNull();
    expect(countsOf(await run())).toEqual([1, {}]);
  });

  it('tells a forge that is away and a lock that ends', async () => {
    push(false);
    await run();
    forge.fault = 'timeout';
    expect(await run()).toMatchObject({ outcome: 'unreachable', reason: 'timeout', isPushed: false });
    forge.fault = null;
    tip = anchor;
    push(true);
    expect(await run()).toMatchObject({ outcome: 'advanced', reason: null });
  });

  it('is pushed only where a webhook should have told of it', async () => {
    const [{ policy, ...rest }] = stores.applied as [(typeof stores.applied)[number]];
    stores.applied[0] = { ...rest, policy: { ...policy, webhook: null } };
    push(true);
    expect(await run()).toMatchObject({ outcome: 'advanced', isPushed: false });
  });
});
