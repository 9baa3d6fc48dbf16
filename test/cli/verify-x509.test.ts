import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Oid } from '../../shared/model/oid.ts';
import { createGitRepository, type GitRepository } from '../support/git-repository.ts';
import { AUTHORITY, EMAIL_SIGNER } from '../support/openssl-authority.ts';
import { runHeadlock } from '../support/run-headlock.ts';
import { armorCms, createX509World, type X509World } from '../support/x509-signing.ts';

let world: X509World;
let repository: GitRepository;
let anchor: Oid;

beforeAll(async () => {
  world = createX509World();
  repository = await createGitRepository();
  anchor = await repository.commit('Begin');
  await copyFile(world.root.certificateFile, join(repository.root, 'ca.pem'));
});
afterAll(async () => {
  world.openssl.remove();
  await repository.remove();
});

/** A commit on the branch with a signature of CMS over the commit as git writes it. */
async function commit(isStamped: boolean, signer = world.alice): Promise<Oid> {
  const raw = (await repository.readObject(await repository.commit('Work'))).toString();
  const cms = isStamped ? world.sign(raw, signer) : world.openssl.sign(Buffer.from(raw), signer);
  const header = `gpgsig ${armorCms(cms).trimEnd().replaceAll('\n', '\n ')}\n\n`;
  const signed = await repository.writeObject('commit', raw.replace('\n\n', `\n${header}`));
  await repository.run('reset', '-q', '--hard', signed);
  return signed;
}

async function run(command: 'verify' | 'explain', x509: string) {
  const policy = join(repository.root, 'headlock.yaml');
  await writeFile(
    policy,
    `apiVersion: headlock/v1
verifier: https://headlock.example.com/test
repositories:
  - name: shop
    url: https://git.example.com/shop.git
    provider: generic
    branches: [{ name: main, anchor: ${anchor} }]
    signatories: [{ name: Alice, x509: ${x509} }]
`,
  );
  return runHeadlock([command, repository.path, ...(command === 'explain' ? ['HEAD'] : []), '-f', policy]);
}

const BY_AUTHORITY = '{ certificateAuthority: ca.pem, timestampAuthority: ca.pem, identity: alice@example.com }';

it('`headlock verify` trusts commits of X.509 by the authorities of the policy, where their time is proven (trust rule 2.4)', async () => {
  const stamped = await commit(true);
  const trusted = await run('verify', BY_AUTHORITY);
  expect(trusted).toMatchObject({ status: 0, stdout: expect.stringContaining(stamped.slice(0, 12)) });
  const stranger = await run('verify', '{ issuer: "https://accounts.google.com", identity: alice@example.com }');
  expect(stranger).toMatchObject({ status: 1, stdout: expect.stringContaining('unknown_key') });
  await commit(false);
  const locked = await run('verify', BY_AUTHORITY);
  expect(locked).toMatchObject({ status: 1, stdout: expect.stringContaining('unproven_time') });
});

it('`headlock explain` claims no key of a certificate whose chain is not proven (trust rule 2.4)', async () => {
  const stranger = world.openssl.issue({ name: 'Stranger', extensions: AUTHORITY });
  await commit(true, world.openssl.issue({ name: 'Alice', extensions: EMAIL_SIGNER }, stranger));
  const impostor = await run('explain', BY_AUTHORITY);
  expect(impostor).toMatchObject({ status: 1, stdout: expect.stringContaining('comes from no authority') });
  expect(impostor.stdout).toMatch(/\n– {2}3\.4 {2}A key of the policy made it over these bytes\n/);
  await commit(true);
  const alice = await run('explain', BY_AUTHORITY);
  expect(alice).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/\n✓ {2}2\.4 {2}A key of the policy .* of Alice, /),
  });
});
