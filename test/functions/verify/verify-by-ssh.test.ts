import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { verifyBranch } from '../../../functions/verify/verify-branch.ts';
import type { BranchState } from '../../../shared/model/branch-state.ts';
import { parseSshPublicKey } from '../../../shared/signatures/ssh/parse-public-key.ts';
import { createSourceOpener } from '../../../shared/sources/open-sources.ts';
import { createBranchState } from '../../support/branch-states.ts';
import { createGitRepository, type GitRepository } from '../../support/git-repository.ts';
import { createMemoryStores } from '../../support/memory-stores.ts';
import { createBranchPolicy, createPolicy } from '../../support/policies.ts';
import { createSignatory } from '../../support/signatories.ts';
import { createSshKey, type SshKeyPair } from '../../support/signing.ts';
import { createKeyFile, type SshKeyFiles, type SshServer, startSshServer } from '../../support/ssh-server.ts';

const REF = { repository: 'shop', branch: 'main' };

let folder: string;
let other: SshKeyFiles;
let signer: SshKeyPair;
let repository: GitRepository;
let server: SshServer;
let secrets: readonly string[];
let apply: (knownHosts: string) => void;
let verify: () => Promise<BranchState | null>;

beforeAll(async () => {
  folder = await mkdtemp('/tmp/hl-ssh-');
  [server, signer, repository, other] = await Promise.all([
    startSshServer(),
    createSshKey(),
    createGitRepository(),
    createKeyFile(join(folder, 'other'), 'ed25519'),
  ]);
  await repository.run('config', 'gpg.format', 'ssh');
  await repository.run('config', 'user.signingkey', signer.path);
  const anchor = await repository.commit('Begin');
  const stores = createMemoryStores(REF, () => {});
  const signatories = [createSignatory([parseSshPublicKey(signer.publicKey)], { emails: [] })];
  apply = (knownHosts) => {
    const credentials = { sshKey: { secretRef: 'key' }, passphrase: null, knownHosts };
    const url = `${server.url}${repository.path}`;
    const policy = createPolicy('shop', { url, credentials, branches: [createBranchPolicy({ anchor })] });
    stores.applied.push({ version: stores.applied.length + 1, policy, signatories });
  };
  let now = Date.now();
  const seenFrom = new Date(now).toISOString();
  await stores.branches.write(createBranchState({ ref: REF, anchor, seenFrom, version: 0 }));
  const vault = {
    open: async (name: string, purpose: string) => (`${name}:${purpose}` === 'key:git' ? secrets : null),
  };
  const openSources = createSourceOpener(vault, {});
  verify = async () => {
    // Past whatever an unreachable forge is backed off by.
    now += 3_600_000;
    const ports = { ...stores, openSources, now: () => new Date(now), lagSeconds: 120, verdictsPerStep: 100 };
    await verifyBranch(REF, ports);
    return stores.branches.read(REF);
  };
});
afterAll(() =>
  Promise.all([server.close(), signer.cleanup(), repository.remove(), rm(folder, { recursive: true, force: true })]),
);

const push = () => repository.commit('Signed', { args: ['-S'] });

it('fetches with a deploy key, by one connection', async () => {
  secrets = [server.privateKey];
  apply(server.knownHosts);
  await verify();
  const tip = await push();
  expect(await verify()).toMatchObject({ trusted: { oid: tip }, unreachable: null });
  expect(server.logins()).toBe(1);
});

it('goes on while the deploy key rotates', async () => {
  secrets = [other.privateKey, server.privateKey];
  const tip = await push();
  expect(await verify()).toMatchObject({ trusted: { oid: tip }, unreachable: null });
});

it('keeps the trusted revision where the host key has changed', async () => {
  const trusted = (await verify())?.trusted;
  await push();
  apply(`[127.0.0.1]:${server.port} ${other.publicKey}\n`);
  const logins = server.logins();
  const state = await verify();
  expect(state).toMatchObject({ trusted, lock: null, unreachable: { cause: 'host_key_changed' } });
  expect(server.logins()).toBe(logins);
});

it.each([
  ['is not stored', () => (secrets = []), 'missing_secret', /`headlock secret set key --purpose git`/],
  ['is refused', () => (secrets = [other.privateKey]), 'refused_credentials', /SHA256:/],
  ['cannot be read', () => (secrets = ['nothing']), 'refused_credentials', /cannot be read/],
] as const)('a deploy key that %s', async (_, prepare, cause, message) => {
  apply(server.knownHosts);
  prepare();
  expect((await verify())?.unreachable).toMatchObject({ cause, message: expect.stringMatching(message) });
});
