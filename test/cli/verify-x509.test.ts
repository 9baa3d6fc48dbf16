import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Oid } from '../../shared/model/oid.ts';
import { createGitRepository, type GitRepository } from '../support/git-repository.ts';
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
async function commit(isStamped: boolean): Promise<Oid> {
  const raw = (await repository.readObject(await repository.commit('Work'))).toString();
  const cms = isStamped ? world.sign(raw) : world.openssl.sign(Buffer.from(raw), world.alice);
  const header = `gpgsig ${armorCms(cms).trimEnd().replaceAll('\n', '\n ')}\n\n`;
  const signed = await repository.writeObject('commit', raw.replace('\n\n', `\n${header}`));
  await repository.run('reset', '-q', '--hard', signed);
  return signed;
}

async function verify(x509: string) {
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
  return runHeadlock(['verify', repository.path, '-f', policy]);
}

const BY_AUTHORITY = '{ certificateAuthority: ca.pem, timestampAuthority: ca.pem, identity: alice@example.com }';

it('`headlock verify` trusts commits of X.509 by the authorities of the policy, where their time is proven (trust rule 2.4)', async () => {
  const stamped = await commit(true);
  const trusted = await verify(BY_AUTHORITY);
  expect(trusted).toMatchObject({ status: 0, stdout: expect.stringContaining(stamped.slice(0, 12)) });
  const stranger = await verify('{ issuer: "https://accounts.google.com", identity: alice@example.com }');
  expect(stranger).toMatchObject({ status: 1, stdout: expect.stringContaining('unknown_key') });
  await commit(false);
  const locked = await verify(BY_AUTHORITY);
  expect(locked).toMatchObject({ status: 1, stdout: expect.stringContaining('unproven_time') });
});
