import { generateKeyPairSync } from 'node:crypto';
import { basename, dirname } from 'node:path';
import { KMSClient } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { tellForge } from '../../functions/commit-status/tell-forge.ts';
import { createAppTokens } from '../../shared/forges/app-tokens.ts';
import { HTTP_AGENTS } from '../../shared/git/http-agents.ts';
import { createKmsSecretVault } from '../../shared/kms/kms-secret-vault.ts';
import type { SecretVault } from '../../shared/kms/secret-vault.ts';
import { DEFAULT_BRANCH_LIMITS } from '../../shared/model/limits.ts';
import type { GitCredentials, RepositoryPolicy } from '../../shared/model/policy.ts';
import { createSourceOpener } from '../../shared/sources/open-sources.ts';
import { createDynamoSecretStore } from '../../shared/store/dynamo-secret-store.ts';
import { credentialsAs, dynamoAs } from '../support/act-as.ts';
import { createLockedBranchState } from '../support/branch-states.ts';
import { TABLE, useEmbeddedServices } from '../support/embedded-services.ts';
import { type GitHttpServer, startGitHttpServer } from '../support/git-http-server.ts';
import { createGitRepository, type GitRepository } from '../support/git-repository.ts';
import { type GitHubStandIn, startGitHubStandIn } from '../support/github-stand-in.ts';
import { createPolicy } from '../support/policies.ts';
import { type StatusStandIn, startStatusStandIn } from '../support/status-stand-in.ts';

const services = useEmbeddedServices();
const LOCKED = createLockedBranchState();
const key = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PEM = String(key.privateKey.export({ format: 'pem', type: 'pkcs1' }));

let repository: GitRepository;
let github: GitHubStandIn;
let statuses: StatusStandIn;
/** Of the app, and of the token. */
let servers: readonly [GitHttpServer, GitHttpServer];
let policies: Readonly<Record<string, RepositoryPolicy>>;

/** The secrets, as that principal may open or seal them. */
function vaultAs(principal: string): SecretVault {
  const secretStore = createDynamoSecretStore(dynamoAs(principal), TABLE);
  const kms = new KMSClient({ credentials: () => credentialsAs(principal) });
  return createKmsSecretVault(kms, { secretStore, keyId: services().createKey('SecretsKey', {}).arn });
}

beforeAll(async () => {
  [repository, github, statuses] = await Promise.all([
    createGitRepository(),
    startGitHubStandIn(),
    startStatusStandIn(),
  ]);
  await repository.commit('Begin');
  const [root, owner] = [dirname(repository.root), basename(repository.root)];
  const basic = { kind: 'basic', username: 'x', password: 't0ken' } as const;
  servers = await Promise.all([
    startGitHttpServer(root, { credentials: github.opens }),
    startGitHttpServer(root, { credentials: basic }),
  ]);
  github.publicKeys = [key.publicKey];
  const permissions = { contents: 'read', metadata: 'read', statuses: 'write' };
  github.installations.push({ id: 7, owner, repositories: [repository.name], permissions, suspendedAt: null });
  statuses.tokens = ['t0ken'];

  const secrets = createDynamoSecretStore(dynamoAs('operator'), TABLE);
  for (const [name, purpose, value] of [
    ['key', 'app', PEM],
    ['token', 'git', 't0ken'],
  ] as const) {
    const ciphertexts = [await vaultAs('operator').seal(name, purpose, Buffer.from(value))];
    await secrets.write({ name, purpose, ciphertexts, updated: '2026-11-21T10:15:00.000Z' });
  }
  const app = { name: 'acme', appId: '1234', privateKey: { secretRef: 'key' }, webhook: null, apiUrl: github.apiUrl };
  const credentials: Readonly<Record<string, GitCredentials>> = {
    'an app': { app },
    'a token': { username: 'x', password: { secretRef: 'token' } },
  };
  policies = Object.fromEntries(
    Object.entries(credentials).map(([what, each], index) => {
      const url = `${servers[index]?.url}/${owner}/${repository.name}`;
      const apiUrl = index === 0 ? github.apiUrl : `${statuses.url}/api/v3`;
      const changes = { url, apiUrl, credentials: each, commitStatus: { token: null } };
      return [what, createPolicy(LOCKED.ref.repository, changes)];
    }),
  );
});
afterAll(() =>
  Promise.all([github.close(), statuses.close(), repository.remove(), ...servers.map((server) => server.close())]),
);

// Trust rule 7.1: each opens under its own policy what it asks forges with.
it.each([
  ['verify', 'an app'],
  ['verify', 'a token'],
  ['compare-refs', 'an app'],
  ['compare-refs', 'a token'],
])('%s lists what there is by %s', async (principal, what) => {
  const policy = policies[what] ?? createPolicy('none');
  const sources = await createSourceOpener(vaultAs(principal), {})(policy, DEFAULT_BRANCH_LIMITS);
  const listing = 'kind' in sources ? sources : await sources[0]?.listRefs({ withTags: false });
  expect(listing).toMatchObject({ kind: 'refs' });
});

it.each(['an app', 'a token'])('commit-status tells the forge by %s', async (what) => {
  const policy = policies[what] ?? createPolicy('none');
  const ports = {
    branches: { read: async () => LOCKED },
    policies: { readPolicy: async () => ({ version: 1, policy }) },
    vault: vaultAs('commit-status'),
    apps: createAppTokens(),
    openAgents: () => HTTP_AGENTS,
    ...{ userAgent: 'headlock/0.1.0', timeoutMs: 10_000 },
  };
  const commit = LOCKED.trusted?.oid ?? LOCKED.anchor;
  expect(await tellForge({ ref: LOCKED.ref, commit, delivery: '1:0' }, ports)).toMatchObject({ kind: 'told' });
});
