import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPolicy } from '../../../cli/policy/read-policy.ts';
import { PolicyError } from '../../../shared/model/policy-error.ts';
import { AUTHORITY } from '../../support/openssl-authority.ts';
import { base64Of, createX509World, type X509World } from '../../support/x509-signing.ts';

let world: X509World;
let folder: string;

beforeAll(async () => {
  world = createX509World();
  folder = await mkdtemp(join(tmpdir(), 'hl-x509-policy-'));
  const constrained = world.openssl.issue({
    name: 'Constrained',
    extensions: [...AUTHORITY, 'nameConstraints=permitted;email:example.com'],
  });
  await Promise.all([
    writeFile(join(folder, 'ca.pem'), pem(world.root.der)),
    writeFile(join(folder, 'two.pem'), `The first\n${pem(world.root.der)}\nThe second\n${pem(world.root.der)}`),
    writeFile(join(folder, 'leaf.pem'), pem(world.alice.der)),
    writeFile(join(folder, 'constrained.pem'), pem(constrained.der)),
    writeFile(join(folder, 'broken.pem'), pem(Buffer.from('no certificate'))),
    writeFile(join(folder, 'empty.pem'), ''),
    writeFile(join(folder, 'large.pem'), Buffer.alloc(2 ** 20 + 1)),
    writeFile(join(folder, 'root.json'), '{"mediaType":"application/json"}'),
  ]);
});
afterAll(async () => {
  world.openssl.remove();
  await rm(folder, { recursive: true, force: true });
});

function pem(der: Buffer): string {
  return `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`;
}

async function read(x509: string) {
  const path = join(folder, `${Math.random()}.yaml`);
  await writeFile(
    path,
    `apiVersion: headlock/v1
verifier: https://headlock.example.com/test
repositories:
  - name: shop
    url: https://git.example.com/shop.git
    provider: github
    branches:
      - { name: main, anchor: ${'a'.repeat(40)} }
    signatories:
      - name: Alice
        x509: ${x509}
`,
  );
  try {
    return (await readPolicy(path)).flatMap(({ signatories }) => signatories.flatMap(({ keys }) => keys));
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    return error.problems.map(({ line, message }) => `${line}: ${message}`);
  }
}

describe('x509 of a signatory (trust rule 2.4)', () => {
  it('names an identity of Sigstore, by the trusted root that comes along', async () => {
    const [key] = await read('{ issuer: "https://accounts.google.com", identity: alice@example.com }');
    expect(key).toMatchObject({
      ...{
        format: 'x509',
        fingerprint: 'alice@example.com (https://accounts.google.com)',
        identity: 'alice@example.com',
      },
      ...{ isPattern: false, trust: { kind: 'sigstore', issuer: 'https://accounts.google.com' } },
    });
    const pattern = await read('{ issuer: "https://accounts.google.com", identityPattern: ".*@example[.]com" }');
    expect(pattern).toMatchObject([{ identity: '.*@example[.]com', isPattern: true }]);
  });

  it('names authorities and time stamp authorities, in files beside the policy', async () => {
    const keys = await read(
      '{ certificateAuthority: two.pem, timestampAuthority: ca.pem, identity: alice@example.com }',
    );
    const root = base64Of(world.root);
    expect(keys).toMatchObject([
      { trust: { kind: 'authority', certificates: [root, root], timestampAuthorities: [root] } },
    ]);
  });

  const authority = (file: string) =>
    `{ certificateAuthority: ${file}, timestampAuthority: ca.pem, identity: alice@example.com }`;
  it.each<[string, string, string]>([
    ['a file that is missing', authority('missing.pem'), 'missing.pem cannot be read (ENOENT)'],
    ['a file without a certificate', authority('empty.pem'), 'holds no certificate in PEM'],
    ['a file that is too large', authority('large.pem'), 'is larger than'],
    ['a certificate of no authority', authority('leaf.pem'), 'none of an authority'],
    ['an authority that constrains names', authority('constrained.pem'), 'constrains names'],
    ['a certificate that cannot be read', authority('broken.pem'), 'cannot be read'],
    [
      'a trusted root that is none',
      '{ issuer: "https://a.example", identity: a, trustedRoot: root.json }',
      'no trusted root of Sigstore',
    ],
    ['nobody who vouches', '{ identity: alice@example.com }', 'Write `{ issuer'],
    [
      'two who vouch',
      '{ issuer: "https://a.example", certificateAuthority: ca.pem, timestampAuthority: ca.pem, identity: a }',
      'Write `{ issuer',
    ],
    ['no identity', '{ issuer: "https://a.example" }', 'either `identity` or `identityPattern`'],
    ['two identities', '{ issuer: "https://a.example", identity: a, identityPattern: a }', 'either `identity` or'],
    ['no time stamp authority', '{ certificateAuthority: ca.pem, identity: a }', 'need each other'],
    [
      'a trusted root for an authority',
      '{ certificateAuthority: ca.pem, timestampAuthority: ca.pem, trustedRoot: root.json, identity: a }',
      '`trustedRoot` is for Sigstore',
    ],
    ['a pattern that is none', '{ issuer: "https://a.example", identityPattern: "(" }', 'no regular expression'],
  ])('refuses %s, by line', async (_, x509, message) => {
    expect(await read(x509)).toEqual([expect.stringMatching(/^11: /)]);
    expect(await read(x509)).toEqual([expect.stringContaining(message)]);
  });
});
