import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SignerUse } from '../../../cli/audit/signers.ts';
import { compileKeys, readKeyPaths } from '../../../cli/operations/find-keys.ts';
import { createSshKey } from '../../../cli/playground/create-ssh-key.ts';
import { compileKeyFiles } from '../../../shared/signatures/openpgp/compile-certificates.ts';
import { parseSshPublicKey } from '../../../shared/signatures/ssh/parse-public-key.ts';
import { createSshForgingKey } from '../../support/forge-ssh.ts';
import { addGpgSubkey, createGpgKey, exportPublicKey, type GpgKey } from '../../support/signing.ts';

let folder: string;
let alice: GpgKey;
let subkey: string;
const [bob, carol] = [createSshForgingKey(), createSshForgingKey('p256')];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hl-keys-'));
  alice = await createGpgKey({ usage: 'cert' });
  subkey = await addGpgSubkey(alice);
  const mallory = await createGpgKey({ home: alice.home, name: 'Mallory', email: 'mallory@example.com' });
  const binary = await Promise.all([alice, mallory].map((key) => exportPublicKey(key, { armor: false })));
  await mkdir(join(folder, 'nested'));
  await Promise.all([
    writeFile(join(folder, 'all.gpg'), Buffer.concat(binary)),
    writeFile(join(folder, 'alice.asc'), await exportPublicKey(alice)),
    writeFile(join(folder, 'bob.pub'), `# Bob's\n${bob.line}\n`),
    writeFile(join(folder, 'signers'), `carol@example.com namespaces="git" ${carol.line}\n`),
    writeFile(join(folder, '.hidden'), await exportPublicKey(mallory)),
    writeFile(join(folder, 'notes.txt'), 'These are the keys.\n'),
    writeFile(join(folder, 'weak.pub'), createSshForgingKey('rsa1024').line),
  ]);
});
afterAll(async () => {
  await Promise.all([alice.cleanup(), rm(folder, { recursive: true, force: true })]);
});

const signedBy = (id: string): SignerUse => ({
  signer: { format: 'openpgp', id, algorithm: null, sshKey: null, identity: null },
  ...{ commits: 1, committers: [], forge: null },
});

describe('the keys in files', () => {
  it('are those of OpenPGP that signed, with whom they name, and all of SSH', async () => {
    const files = await readKeyPaths([folder]);
    const { certificates, sshKeys } = await compileKeys(files, [signedBy(subkey.toLowerCase())], compileKeyFiles);
    expect(certificates.map(({ place, name, email, companions }) => [place.location, name, email, companions])).toEqual(
      [
        [join(folder, 'alice.asc'), 'Alice', 'alice@example.com', 1],
        [join(folder, 'all.gpg'), 'Alice', 'alice@example.com', 2],
      ],
    );
    expect(certificates.map((one) => one.primaryFingerprint.toUpperCase())).toEqual([
      alice.fingerprint,
      alice.fingerprint,
    ]);
    expect(certificates[0]?.keys.map(({ fingerprint }) => fingerprint.toUpperCase())).toContain(subkey);
    expect(sshKeys.map(({ key, owner }) => [key.fingerprint, owner])).toEqual([
      [parseSshPublicKey(bob.line).fingerprint, 'alice@example.com'],
      [parseSshPublicKey(carol.line).fingerprint, 'carol@example.com'],
    ]);
  });

  it('are found by key id as well', async () => {
    const files = await readKeyPaths([join(folder, 'all.gpg')]);
    const found = await compileKeys(files, [signedBy(subkey.slice(-16).toLowerCase())], compileKeyFiles);
    expect(found.certificates).toHaveLength(1);
  });

  it('are told of where a file holds none, a private or a weak one', async () => {
    await writeFile(join(folder, 'private'), createSshKey('dave').privateKey);
    const { problems } = await compileKeys(await readKeyPaths([folder]), [], compileKeyFiles);
    expect(problems).toEqual([
      `${join(folder, 'notes.txt')}: It holds neither OpenPGP certificates nor SSH public keys.`,
      `${join(folder, 'private')}: It is a private key: name the public one, and keep this to its owner.`,
      expect.stringMatching(/weak\.pub: The SSH public key is an RSA key of 1024 bits/),
    ]);
  });

  it('may be named one by one, and must be there', async () => {
    expect(await readKeyPaths([join(folder, 'bob.pub')])).toHaveLength(1);
    await expect(readKeyPaths([join(folder, 'nobody.pub')])).rejects.toThrow('There is no file or folder');
  });
});
