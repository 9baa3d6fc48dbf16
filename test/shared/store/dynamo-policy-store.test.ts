import { DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import type { Signatory } from '../../../shared/model/signatory.ts';
import { repositoryPolicy, signatories } from '../../../shared/store/applied-policy-schema.ts';
import { createDynamoClient } from '../../../shared/store/dynamo-client.ts';
import { createDynamoPolicyStore } from '../../../shared/store/dynamo-policy-store.ts';
import { TABLE, useEmbeddedServices } from '../../support/embedded-services.ts';
import { createBranchPolicy, createPolicy } from '../../support/policies.ts';
import { oidOf } from '../../support/small-history.ts';

useEmbeddedServices();
const createStore = () => createDynamoPolicyStore(createDynamoClient(), TABLE);

const ALICE: Signatory = {
  name: 'Alice',
  emails: ['alice@example.com'],
  matchEmail: true,
  validFrom: 1_700_000_000,
  validUntil: null,
  limit: 'up-to-date-merges',
  keys: [
    {
      format: 'openpgp',
      fingerprint: 'ab'.repeat(20),
      keyId: 'ab'.repeat(8),
      primaryFingerprint: 'ab'.repeat(20),
      version: 4,
      algorithm: 22,
      bits: 256,
      created: 1_600_000_000,
      expires: null,
      statedAt: 1_600_000_000,
      revocation: { kind: 'soft', at: 1_650_000_000 },
      signing: true,
      spki: 'MCowBQYDK2VwAyEA',
      unusable: null,
    },
    { format: 'ssh', fingerprint: `SHA256:${'a'.repeat(43)}`, type: 'ssh-ed25519', blob: 'AAAA' },
    {
      format: 'ssh',
      fingerprint: `SHA256:${'b'.repeat(43)}`,
      type: 'sk-ssh-ed25519@openssh.com',
      blob: 'AAAB',
      userVerification: true,
      principals: ['alice'],
      validFrom: 1_700_000_000,
      validUntil: 1_800_000_000,
    },
  ],
};
const BOB: Signatory = {
  ...ALICE,
  name: 'Bob',
  sshRevocations: {
    fingerprints: [`SHA256:${'a'.repeat(43)}`],
    certificates: [{ authority: null, serials: [['1', '18446744073709551615']], keyIds: ['Ym9i'] }],
  },
};
const SIGNATORIES = [ALICE, BOB];

/** Signatories whose JSON takes several chunks of 300 kB. */
const MANY_SIGNATORIES = Array.from({ length: 3_000 }, (_, i): Signatory => ({ ...ALICE, name: `Signatory ${i}` }));

describe('createDynamoPolicyStore', () => {
  it('brings back the current policy with its keyring', async () => {
    const store = createStore();
    const policy = createPolicy('payments');
    const applied = await store.add(policy, SIGNATORIES, 0);
    expect(applied).toEqual({ version: 1, policy, signatories: SIGNATORIES });
    expect(await store.readApplied('payments')).toEqual(applied);
    expect(await store.readPolicy('payments')).toEqual({ version: 1, policy });
    expect(await store.listRepositories()).toContain('payments');
  });

  it('keeps publishers and exceptions, and reads a policy of before those rules as one without', async () => {
    const store = createStore();
    const policy = createPolicy('publishers', {
      branches: [createBranchPolicy({ publishers: ['Alice'] })],
      accepted: [{ commit: oidOf('1'), reason: 'Old key' }],
      denied: [
        { commit: oidOf('2'), reason: 'Stolen' },
        { payloadSha256: 'e'.repeat(64), reason: 'Stolen' },
      ],
    });
    const applied = await store.add(policy, SIGNATORIES, 0);
    expect(await store.readApplied('publishers')).toEqual(applied);
    const { branches, accepted: _, denied: __, ...of } = repositoryPolicy.parse(policy);
    const former = repositoryPolicy.parse({
      ...of,
      branches: branches.map(({ publishers: ___, ...branch }) => branch),
    });
    expect(former).toMatchObject({ accepted: [], denied: [], branches: [{ publishers: null }] });
    const { limit: ____, ...unlimited } = ALICE;
    expect(signatories.parse([ALICE, unlimited]).map(({ limit }) => limit)).toEqual(['up-to-date-merges', null]);
    expect(signatories.safeParse([{ ...ALICE, limit: 'none' }]).success).toBe(false);
    const emptied = branches.map((branch) => ({ ...branch, publishers: [] }));
    expect(repositoryPolicy.safeParse({ ...of, branches: emptied }).success).toBe(false);
  });

  it('keeps how a repository is fetched, and reads a policy of before those rules', async () => {
    const store = createStore();
    const secret = { secretRef: 'key' };
    const app = { name: 'acme', appId: '12', privateKey: secret, webhook: null, apiUrl: 'https://api.github.com' };
    const changes = { commitStatus: { token: null }, certificateAuthority: 'PEM', apiUrl: 'https://api.example.com' };
    const ofApp = createPolicy('by-app', { credentials: { app }, ...changes });
    const ssh = { sshKey: secret, passphrase: secret, knownHosts: 'git.example.com ssh-ed25519 AAAA' };
    for (const policy of [ofApp, createPolicy('by-ssh', { credentials: ssh, commitStatus: { token: secret } })]) {
      await store.add(policy, SIGNATORIES, 0);
      expect((await store.readPolicy(policy.repository))?.policy).toEqual(policy);
    }
    const { commitStatus: _, certificateAuthority: __, apiUrl: ___, ...former } = createPolicy('former');
    expect(repositoryPolicy.parse(former)).toEqual(createPolicy('former'));
    expect(repositoryPolicy.safeParse({ ...ofApp, credentials: { app: { ...app, token: 'x' } } }).success).toBe(false);
  });

  it('knows nothing of a repository without a policy', async () => {
    const store = createStore();
    expect(await store.readApplied('unknown')).toBeNull();
    expect(await store.readPolicy('unknown')).toBeNull();
  });

  it('brings back a keyring of several chunks', async () => {
    const store = createStore();
    expect(JSON.stringify(MANY_SIGNATORIES).length).toBeGreaterThan(900_000);
    await store.add(createPolicy('large'), MANY_SIGNATORIES, 0);
    expect((await store.readApplied('large'))?.signatories).toEqual(MANY_SIGNATORIES);
  });

  it('adds versions one after the other, each only after the one that its author saw', async () => {
    const store = createStore();
    const second = createPolicy('versions', { provider: 'gitlab' });
    await store.add(createPolicy('versions'), SIGNATORIES, 0);
    expect(await store.add(second, SIGNATORIES, 0)).toBeNull();
    expect(await store.add(second, SIGNATORIES, 2)).toBeNull();
    expect(await store.add(second, [], 1)).toEqual({ version: 2, policy: second, signatories: [] });
    expect(await store.readApplied('versions')).toEqual({ version: 2, policy: second, signatories: [] });
  });

  it('lets exactly one of many concurrent applies win, with its own keyring', async () => {
    const store = createStore();
    await store.add(createPolicy('raced'), [], 0);
    const applies = Array.from({ length: 6 }, (_, i) =>
      store.add(createPolicy('raced', { url: `https://forge.example.com/${i}.git` }), MANY_SIGNATORIES.slice(i), 1),
    );
    const [winner, ...others] = (await Promise.all(applies)).filter((applied) => applied !== null);
    expect(others).toEqual([]);
    expect(await store.readApplied('raced')).toEqual(winner);
  });

  it('skips a number that an apply left behind when it was cut off', async () => {
    const client = createDynamoClient();
    const abandoned = { pk: 'policy:abandoned', sk: 'v:000000000001' };
    await client.send(new PutItemCommand({ TableName: TABLE, Item: marshall(abandoned) }));
    const applied = await createStore().add(createPolicy('abandoned'), SIGNATORIES, 0);
    expect(applied?.version).toBe(2);
    expect((await createStore().readApplied('abandoned'))?.version).toBe(2);
  });

  it('takes a repository out and resumes its versions when it comes back (rule 5.6)', async () => {
    const store = createStore();
    await store.add(createPolicy('retired'), SIGNATORIES, 0);
    await store.retire('retired');
    await store.retire('retired');
    expect(await store.readPolicy('retired')).toBeNull();
    expect(await store.readApplied('retired')).toBeNull();
    expect(await store.listRepositories()).not.toContain('retired');
    expect(await store.add(createPolicy('retired'), SIGNATORIES, 1)).toBeNull();
    expect((await store.add(createPolicy('retired'), SIGNATORIES, 0))?.version).toBe(2);
    expect(await store.listRepositories()).toContain('retired');
  });

  it.each([
    ['was exchanged', new TextEncoder().encode('[]')],
    ['lacks a chunk', null],
  ])('does not trust a keyring that %s', async (name, bytes) => {
    const store = createStore();
    const client = createDynamoClient();
    const repository = name.replaceAll(' ', '-');
    await store.add(createPolicy(repository), SIGNATORIES, 0);
    const key = { pk: `policy:${repository}`, sk: 'v:000000000001:keys:0' };
    await (bytes === null
      ? client.send(new DeleteItemCommand({ TableName: TABLE, Key: marshall(key) }))
      : client.send(new PutItemCommand({ TableName: TABLE, Item: marshall({ ...key, bytes }) })));
    await expect(store.readApplied(repository)).rejects.toMatchObject({ code: 'corrupt_item' });
  });
});
