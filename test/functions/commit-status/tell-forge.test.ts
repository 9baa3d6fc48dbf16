import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type TellForgePorts, tellForge } from '../../../functions/commit-status/tell-forge.ts';
import { createAppTokens } from '../../../shared/forges/app-tokens.ts';
import { HTTP_AGENTS } from '../../../shared/git/http-agents.ts';
import type { BranchState } from '../../../shared/model/branch-state.ts';
import type { RepositoryPolicy } from '../../../shared/model/policy.ts';
import { mintTrustedRevision } from '../../../shared/model/trusted-revision.ts';
import { createLockedBranchState } from '../../support/branch-states.ts';
import { type GitHubStandIn, startGitHubStandIn } from '../../support/github-stand-in.ts';
import { createPolicy } from '../../support/policies.ts';
import { oidOf } from '../../support/small-history.ts';
import { type StatusStandIn, startStatusStandIn } from '../../support/status-stand-in.ts';

const OWN = { commitStatus: { token: { secretRef: 'status-token' } } };
const LOCKED = createLockedBranchState();
const REF = LOCKED.ref;
const key = generateKeyPairSync('rsa', { modulusLength: 2048 });

let forge: StatusStandIn;
let github: GitHubStandIn;
let state: BranchState | null;
let policy: RepositoryPolicy | null;
let secrets: Record<string, readonly string[]>;
let ports: TellForgePorts;

beforeAll(async () => {
  [forge, github] = await Promise.all([startStatusStandIn(), startGitHubStandIn()]);
});
afterAll(() => Promise.all([forge.close(), github.close()]));
beforeEach(() => {
  forge.fault = null;
  forge.tokens = ['t0ken'];
  state = LOCKED;
  secrets = { 'status-token/status': ['t0ken'] };
  policy = createForgePolicy(OWN);
  ports = {
    branches: { read: async () => state },
    policies: { readPolicy: async () => policy && { version: 1, policy } },
    vault: { open: async (name, purpose) => secrets[`${name}/${purpose}`] ?? null },
    apps: createAppTokens(),
    openAgents: () => HTTP_AGENTS,
    userAgent: 'headlock/0.1.0',
    timeoutMs: 10_000,
  };
});

const createForgePolicy = (changes: Partial<RepositoryPolicy>) =>
  createPolicy(REF.repository, { url: `${forge.url}/acme/shop.git`, ...changes });

/** What came of telling, and what the forge took for it. */
async function tell(letter: string) {
  const before = forge.taken.length;
  const outcome = await tellForge({ ref: REF, commit: oidOf(letter), delivery: '1:0' }, ports);
  return {
    outcome,
    taken: forge.taken.slice(before).map(({ commit, body }) => [commit, body.state, body.description]),
  };
}

describe('what the forge is told', () => {
  it('is what the branch says of the commit', async () => {
    expect(await tell('c')).toEqual({
      outcome: { kind: 'told' },
      taken: [[oidOf('c'), 'failure', 'Locked: unsigned at cccccccccccc. Sign it, or drop it from the branch.']],
    });
    expect(await tell('b')).toMatchObject({ taken: [[oidOf('b'), 'success', 'Trusted and published (sequence 1).']] });
  });

  it('is what it says now, so nothing late overwrites news', async () => {
    const trusted = mintTrustedRevision(oidOf('c'));
    state = createLockedBranchState({ lock: null, trusted, sequence: 2 });
    expect(await tell('c')).toMatchObject({ taken: [[oidOf('c'), 'success', expect.any(String)]] });
    state = createLockedBranchState({ tip: { revision: oidOf('d'), seenAt: '2026-11-21T11:00:00.000Z' } });
    expect(await tell('c')).toEqual({ outcome: null, taken: [] });
  });

  it('is nothing where branch, policy or its wish are gone', async () => {
    state = null;
    expect(await tell('c')).toEqual({ outcome: null, taken: [] });
    state = createLockedBranchState({ retired: true });
    expect(await tell('c')).toEqual({ outcome: null, taken: [] });
    state = LOCKED;
    policy = createForgePolicy({ commitStatus: null });
    expect(await tell('c')).toEqual({ outcome: null, taken: [] });
    policy = null;
    expect(await tell('c')).toEqual({ outcome: null, taken: [] });
  });
});

describe('the token', () => {
  it.each<[string, Partial<RepositoryPolicy>, string]>([
    ['a secret of its own', OWN, 'status-token/status'],
    [
      'the password by which the repository is fetched',
      { commitStatus: { token: null }, credentials: { username: 'x', password: { secretRef: 'forge' } } },
      'forge/git',
    ],
    [
      'the bearer token by which the repository is fetched',
      { commitStatus: { token: null }, credentials: { bearer: { secretRef: 'forge' } } },
      'forge/git',
    ],
  ])('is %s, in either value while it rotates', async (_, changes, secret) => {
    policy = createForgePolicy(changes);
    for (const values of [['t0ken'], ['wr0ng', 't0ken'], ['t0ken', 'wr0ng']]) {
      secrets = { [secret]: values };
      expect(await tell('c')).toMatchObject({
        outcome: { kind: 'told' },
        taken: [[oidOf('c'), 'failure', expect.any(String)]],
      });
    }
    secrets = { [secret]: ['wr0ng', 'wr0ng too'] };
    expect(await tell('c')).toMatchObject({ outcome: { kind: 'refused' }, taken: [] });
    secrets = {};
    expect(await tell('c')).toMatchObject({
      outcome: { kind: 'refused', message: expect.stringContaining('headlock secret set') },
    });
  });

  it('that was refused gives way to no other where the forge is busy', async () => {
    secrets = { 'status-token/status': ['t0ken', 't0ken'] };
    forge.fault = () => ({ kind: 'status', status: 429, headers: { 'retry-after': '5' } });
    const before = forge.requests.length;
    expect(await tell('c')).toMatchObject({ outcome: { kind: 'later', afterSeconds: 5 } });
    expect(forge.requests).toHaveLength(before + 1);
  });

  it('of an app is for statuses of the one repository, and is renewed where it was revoked', async () => {
    const app = { name: 'acme', appId: '1234', privateKey: { secretRef: 'key' }, webhook: null, apiUrl: github.apiUrl };
    const permissions = { metadata: 'read', statuses: 'write' };
    github.publicKeys = [key.publicKey];
    github.installations.push({ id: 7, owner: 'acme', repositories: ['shop'], permissions, suspendedAt: null });
    policy = createForgePolicy({ commitStatus: { token: null }, credentials: { app } });
    secrets = { 'key/app': [String(key.privateKey.export({ format: 'pem', type: 'pkcs1' }))] };
    const statuses = () => github.requests.filter((line) => line.includes('/statuses/')).length;
    for (const isRevoked of [false, false, true]) {
      if (isRevoked) github.revokeTokens();
      expect(await tell('c')).toMatchObject({ outcome: { kind: 'told' } });
    }
    expect([...github.tokens.values()]).toMatchObject(
      Array(2).fill({ repositories: ['shop'], permissions: { statuses: 'write' } }),
    );
    expect(statuses()).toBe(4);

    github.installations.splice(0);
    ports = { ...ports, apps: createAppTokens() };
    expect(await tell('c')).toMatchObject({
      outcome: { kind: 'refused', message: expect.stringContaining('is not installed') },
    });
    github.fault = () => ({ status: 503 });
    expect(await tell('c')).toMatchObject({ outcome: { kind: 'later' } });
    github.fault = null;
  });
});
