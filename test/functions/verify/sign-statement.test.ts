import { beforeEach, describe, expect, it } from 'vitest';
import type { VerifyPorts } from '../../../functions/verify/ports.ts';
import { verifyBranch } from '../../../functions/verify/verify-branch.ts';
import type { BranchState } from '../../../shared/model/branch-state.ts';
import type { Oid } from '../../../shared/model/oid.ts';
import { parseSshPublicKey } from '../../../shared/signatures/ssh/parse-public-key.ts';
import { isStatementDue } from '../../../shared/statements/call-for-statement.ts';
import { EXTENSION } from '../../../shared/statements/create-statement.ts';
import { applyToBranch, createBranchState } from '../../../shared/trust/apply-policy.ts';
import { clear, reanchor } from '../../../shared/trust/operator-act.ts';
import { createSshForgingKey } from '../../support/forge-ssh.ts';
import { createMemoryForge, type MemoryForge } from '../../support/memory-forge.ts';
import { createMemoryStores, type MemoryStores } from '../../support/memory-stores.ts';
import { createBranchPolicy, createPolicy } from '../../support/policies.ts';
import { createSignatory } from '../../support/signatories.ts';
import { openEnvelope } from '../../support/statements.ts';

const REF = { repository: 'shop', branch: 'main' };
const START = Date.UTC(2026, 5, 1);
const HOUR_MS = 3_600_000;
const key = createSshForgingKey();

let forge: MemoryForge;
let stores: MemoryStores;
let anchor: Oid;
let tip: Oid;
let time: number;

beforeEach(async () => {
  forge = createMemoryForge();
  stores = createMemoryStores(REF, () => {});
  time = START;
  anchor = forge.commit('Anchor');
  tip = anchor;
  forge.branches.set('main', tip);
  await apply({});
});

function push(isSigned: boolean): Oid {
  tip = forge.commit(`${forge.commits.size}`, { parents: [tip], key: isSigned ? key : null, seconds: time / 1000 });
  forge.branches.set('main', tip);
  return tip;
}

const now = () => new Date(time).toISOString();
const branchRules = () => createBranchPolicy({ anchor });

async function apply(changes: { readonly url?: string; readonly isRetired?: true; readonly isCompromised?: boolean }) {
  const compromisedKeys = changes.isCompromised === true ? [parseSshPublicKey(key.line).fingerprint] : [];
  const { url = 'https://forge.example.com/shop.git' } = changes;
  const policy = createPolicy(REF.repository, { branches: [branchRules()], compromisedKeys, url });
  const version = stores.applied.length + 1;
  stores.applied.push({ version, policy, signatories: [createSignatory([parseSshPublicKey(key.line)])] });
  const change = { policyVersion: version, actor: 'a test', now: now(), url: null, exceptions: {} };
  const state = await stores.branches.read(REF);
  const rules = changes.isRetired === true ? null : branchRules();
  await write(state === null ? createBranchState(REF, branchRules(), change) : applyToBranch(state, rules, change));
}

async function write(state: BranchState): Promise<void> {
  if ((await stores.branches.write(state)) === null) throw new Error('Somebody else wrote first.');
}

async function run(changes: Partial<VerifyPorts> = {}): Promise<void> {
  const ports = { ...stores, openSources: async () => [forge.source()], now: () => new Date(time) };
  await verifyBranch(REF, { ...ports, lagSeconds: 120, verdictsPerStep: 1000, ...changes });
}

async function read(): Promise<BranchState> {
  const state = await stores.branches.read(REF);
  if (state === null) throw new Error('The branch has no state.');
  return state;
}

/** The latest that was signed. */
function latest() {
  const { envelope } = stores.stated.at(-1) ?? { envelope: '' };
  const { subject, predicate } = openEnvelope(envelope, stores.statementKey);
  return { commit: subject[0]?.digest.gitCommit, tree: subject[0]?.digest.gitTree, predicate, ...predicate[EXTENSION] };
}

const KMS_FAILS = { sign: () => Promise.reject(new Error('KMS is away.')) };

describe('statements', () => {
  it('are issued at every change of what is published, and at none else (rules 6.1, 6.2)', async () => {
    await run();
    expect(latest()).toMatchObject({ commit: anchor, sequence: 1, state: 'Trusted', previousRevision: null });
    const signed = push(true);
    await run();
    expect(latest()).toMatchObject({ commit: signed, sequence: 2, state: 'Trusted', previousRevision: anchor });
    const raw = Buffer.from(forge.commits.get(signed) ?? []);
    expect(raw.toString('latin1')).toContain(`tree ${latest().tree}\n`);
    push(false);
    await run();
    expect(latest()).toMatchObject({ commit: signed, sequence: 2, state: 'Locked' });
    push(false);
    time += 60_000;
    await run();
    await run();
    expect(stores.stated).toHaveLength(3);
    tip = signed;
    forge.branches.set('main', signed);
    time += 60_000;
    await run();
    await run();
    forge.fault = 'timeout';
    await run();
    expect(stores.stated.slice(3).map(({ state }) => state)).toEqual(['Trusted', 'Unreachable']);
    expect(latest().predicate.verificationResult).toBe('PASSED');
  });

  it('are issued for what an operator did, with that break (rules 5.3, 6.1)', async () => {
    await run();
    const signed = push(true);
    await run();
    expect(latest().predicate.verifiedLevels).toContain('ORG_SOURCE_SIGNED_HISTORY');
    const act = { overCompromise: false, reason: 'x', actor: 'ana', branch: branchRules(), policyVersion: 1 };
    await write(reanchor(await read(), anchor, { ...act, sequence: 2, now: now() }));
    expect(isStatementDue(await read(), now())).toBe(true);
    forge.branches.set('main', anchor);
    await run();
    expect(latest()).toMatchObject({ commit: anchor, sequence: 3, previousRevision: signed, operatorAnchored: true });
    expect(latest()).toMatchObject({ since: 3, anchor });
    forge.branches.set('main', signed);
    await run();
    expect(latest()).toMatchObject({ commit: signed, sequence: 4, since: 3 });
    expect(latest().predicate.verifiedLevels).toEqual(['SLSA_SOURCE_LEVEL_0']);
  });

  it('fail where a key is compromised, and pass again once an operator vouches (rule 3.3)', async () => {
    push(true);
    await run();
    await apply({ isCompromised: true });
    forge.fault = 'timeout';
    await run();
    expect(latest()).toMatchObject({ state: 'Compromised', predicate: { verificationResult: 'FAILED' } });
    const { sequence } = await read();
    const act = {
      overCompromise: true,
      reason: 'x',
      actor: 'ana',
      branch: branchRules(),
      policyVersion: 2,
      now: now(),
    };
    await write(clear(await read(), { ...act, sequence }));
    await run();
    expect(latest()).toMatchObject({ sequence: sequence + 1, predicate: { verificationResult: 'PASSED' } });
  });

  it('are issued anew at half of their life, also while the forge cannot be read (rule 6.2)', async () => {
    await run();
    forge.fault = 'timeout';
    await run();
    const { length } = stores.stated;
    time += 12 * HOUR_MS - 1;
    expect(isStatementDue(await read(), now())).toBe(false);
    time += 1;
    expect(isStatementDue(await read(), now())).toBe(true);
    await run();
    expect(stores.stated).toHaveLength(length + 1);
    expect(latest()).toMatchObject({ state: 'Unreachable', expires: new Date(time + 24 * HOUR_MS).toISOString() });
    expect(isStatementDue(await read(), now())).toBe(false);
  });

  it('state the policy that was decided by, and no URL that was never looked at (rule 5.6)', async () => {
    await run();
    await apply({ url: 'https://elsewhere.example.com/shop.git' });
    forge.fault = 'timeout';
    await run();
    expect(latest().predicate).toMatchObject({ resourceUri: 'git+https://forge.example.com/shop.git' });
    forge.fault = null;
    await run();
    expect(latest().predicate).toMatchObject({
      resourceUri: 'git+https://elsewhere.example.com/shop.git',
      policy: { uri: 'urn:headlock:policy:shop:2' },
    });
  });

  it('that cannot be signed stop neither record nor alert, and are made good (rule 5.5)', async () => {
    await run();
    const signed = push(true);
    await expect(run({ signer: KMS_FAILS })).rejects.toThrow('KMS is away.');
    push(false);
    await expect(run({ signer: KMS_FAILS })).rejects.toThrow('KMS is away.');
    expect(await read()).toMatchObject({
      sequence: 2,
      trusted: { oid: signed },
      lock: { reason: 'unsigned' },
      due: [],
    });
    expect([...stores.published.values()].map(({ event }) => event)).toEqual(['advanced', 'advanced', 'locked']);
    expect(stores.stated).toHaveLength(1);
    expect(isStatementDue(await read(), now())).toBe(true);
    await run();
    expect(stores.stated).toHaveLength(2);
    expect(latest()).toMatchObject({ commit: signed, sequence: 2, state: 'Locked' });
    expect(isStatementDue(await read(), now())).toBe(false);
  });

  it('are signed while nobody can be alerted (rule 5.5)', async () => {
    await run();
    push(false);
    const alerts = { publish: () => Promise.reject(new Error('SNS is away.')) };
    await expect(run({ alerts })).rejects.toThrow('SNS is away.');
    expect(latest().state).toBe('Locked');
  });

  it('are signed again to the same bytes where a crash came between signing and its record', async () => {
    const crash = { put: () => Promise.reject(new Error('Cut off.')) };
    const payloads: string[] = [];
    const signer: VerifyPorts['signer'] = {
      sign: (statement) => {
        payloads.push(Buffer.from(statement.payload).toString());
        return stores.signer.sign(statement);
      },
    };
    await expect(run({ statements: crash, signer })).rejects.toThrow('Cut off.');
    time += 60_000;
    await run({ signer });
    expect(payloads).toHaveLength(2);
    expect(payloads[1]).toBe(payloads[0]);
  });

  it('are made up for where an earlier version published, from its records (rule 6.1)', async () => {
    await run();
    push(true);
    await run();
    const { previousRevision, since } = latest();
    await write({ ...(await read()), proof: null, statement: null });
    stores.stated.splice(0);
    expect(isStatementDue(await read(), now())).toBe(true);
    await run();
    expect(latest()).toMatchObject({ commit: tip, sequence: 2, previousRevision, since });
    expect(latest().predicate.verifiedLevels).toContain('ORG_SOURCE_SIGNED_HISTORY');
  });

  it('are not issued for a branch that the policy left out (rule 5.6)', async () => {
    await run();
    await apply({ isRetired: true });
    time += 13 * HOUR_MS;
    await run();
    expect(stores.stated).toHaveLength(1);
    expect(isStatementDue(await read(), now())).toBe(false);
  });
});
