import { generateKeyPairSync } from 'node:crypto';
import { basename, dirname } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { verifyBranch } from '../../../functions/verify/verify-branch.ts';
import type { BranchState } from '../../../shared/model/branch-state.ts';
import type { Oid } from '../../../shared/model/oid.ts';
import { parseSshPublicKey } from '../../../shared/signatures/ssh/parse-public-key.ts';
import { createSourceOpener } from '../../../shared/sources/open-sources.ts';
import { createBranchState } from '../../support/branch-states.ts';
import { startGitHttpServer } from '../../support/git-http-server.ts';
import { createGitRepository, type GitRepository } from '../../support/git-repository.ts';
import { type GitHubStandIn, type StandInInstallation, startGitHubStandIn } from '../../support/github-stand-in.ts';
import { createMemoryStores } from '../../support/memory-stores.ts';
import { createBranchPolicy, createPolicy } from '../../support/policies.ts';
import { createSignatory } from '../../support/signatories.ts';
import { createSshKey, type SshKeyPair } from '../../support/signing.ts';

const REF = { repository: 'shop', branch: 'main' };
const [current, former] = ['current', 'former'].map(() => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { publicKey, pem: String(privateKey.export({ format: 'pem', type: 'pkcs1' })) };
}) as [KeyValue, KeyValue];
type KeyValue = {
  readonly publicKey: ReturnType<typeof generateKeyPairSync>['publicKey'];
  readonly pem: string;
};

let github: GitHubStandIn;
let signer: SshKeyPair;
let repository: GitRepository;
let installation: StandInInstallation;
let privateKeys: readonly string[] | null;
let verify: () => Promise<BranchState | null>;
let now: number;

beforeAll(async () => {
  [github, signer] = await Promise.all([startGitHubStandIn(), createSshKey()]);
});
afterAll(() => Promise.all([github.close(), signer.cleanup()]));

/** Each test has a repository of its own at the forge, behind git over https that takes nothing but the app's token. */
beforeEach(async () => {
  repository = await createGitRepository();
  await repository.run('config', 'gpg.format', 'ssh');
  await repository.run('config', 'user.signingkey', signer.path);
  const anchor = await repository.commit('Begin');
  const owner = basename(repository.root);
  const server = await startGitHttpServer(dirname(repository.root), { credentials: github.opens });
  const permissions = { contents: 'read', metadata: 'read' };
  installation = { id: 7, owner, repositories: [repository.name], permissions, suspendedAt: null };
  github.installations.splice(0, github.installations.length, installation);
  github.publicKeys = [current.publicKey];
  privateKeys = [current.pem];

  const branch = createBranchPolicy({ anchor });
  const app = { name: 'acme', appId: '1234', privateKey: { secretRef: 'key' }, webhook: null, apiUrl: github.apiUrl };
  const url = `${server.url}/${owner}/${repository.name}`;
  const policy = createPolicy('shop', { url, credentials: { app }, branches: [branch] });
  const signatories = [createSignatory([parseSshPublicKey(signer.publicKey)], { emails: [] })];
  const stores = createMemoryStores(REF, () => {});
  stores.applied.push({ version: 1, policy, signatories });
  now = Date.now();
  await stores.branches.write(
    createBranchState({ ref: REF, anchor, seenFrom: new Date(now).toISOString(), version: 0 }),
  );
  const vault = {
    open: async (name: string, purpose: string) => (`${name}:${purpose}` === 'key:app' ? privateKeys : null),
  };
  const openSources = createSourceOpener(vault, {});
  verify = async () => {
    // Past whatever an unreachable forge is backed off by.
    now += 3_600_000;
    await verifyBranch(REF, {
      ...stores,
      openSources,
      now: () => new Date(now),
      lagSeconds: 120,
      verdictsPerStep: 100,
    });
    return stores.branches.read(REF);
  };
  return () => Promise.all([server.close(), repository.remove()]);
});

const push = (): Promise<Oid> => repository.commit('Signed', { args: ['-S'] });
const mintedCount = () => github.requests.filter((request) => request.startsWith('POST')).length;

it('fetches with a token of the installation, kept from one decision to the next', async () => {
  const before = mintedCount();
  await verify();
  const tip = await push();
  expect((await verify())?.trusted?.oid).toBe(tip);
  expect(mintedCount() - before).toBe(1);
  const token = [...github.tokens.values()].at(-1);
  expect(token).toMatchObject({ repositories: [repository.name], permissions: { contents: 'read' } });
});

it('takes a new token, once, where the kept one is refused', async () => {
  await verify();
  const tip = await push();
  github.revokeTokens();
  const before = mintedCount();
  const state = await verify();
  expect(state).toMatchObject({ trusted: { oid: tip }, unreachable: null });
  expect(mintedCount() - before).toBe(1);
});

it('goes on with a new private key before and after the former one is deleted at the forge', async () => {
  privateKeys = [current.pem, former.pem];
  github.publicKeys = [former.publicKey];
  expect((await verify())?.unreachable).toBeNull();
  github.publicKeys = [current.publicKey];
  github.revokeTokens();
  const tip = await push();
  expect(await verify()).toMatchObject({ trusted: { oid: tip }, unreachable: null });
});

it.each<[string, () => void, string, RegExp]>([
  ['the app is uninstalled', () => (installation.repositories = []), 'not_found', /is not installed for/],
  [
    'the app is suspended',
    () => (installation.suspendedAt = '2026-11-01T00:00:00Z'),
    'refused_credentials',
    /suspended/,
  ],
  [
    'its key is revoked',
    () => (github.publicKeys = []),
    'refused_credentials',
    /refuses the private key of the app acme/,
  ],
  ['no key is stored', () => (privateKeys = null), 'missing_secret', /secret set key --purpose app/],
])('records what to do, keeps what is trusted, and recovers by itself, where %s', async (_, arrange, cause, message) => {
  const trusted = (await verify())?.trusted?.oid;
  const [repositories, publicKeys, keys] = [installation.repositories, github.publicKeys, privateKeys];
  const tip = await push();
  github.revokeTokens();
  arrange();
  const state = await verify();
  expect(state?.trusted?.oid).toBe(trusted);
  expect(state?.unreachable?.message).toMatch(message);
  expect(state?.unreachable?.message).not.toMatch(/BEGIN|ghs_/);
  expect(state?.unreachable?.cause).toBe(cause);

  Object.assign(installation, { repositories, suspendedAt: null });
  github.publicKeys = publicKeys;
  privateKeys = keys;
  expect(await verify()).toMatchObject({ trusted: { oid: tip }, unreachable: null });
});
