import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Oid } from '../../shared/model/oid.ts';
import { createGitRepository, type GitRepository } from './git-repository.ts';
import { createSshKey, type SshKeyPair } from './signing.ts';

/** A repository whose commits Alice may sign by SSH, as `git commit -S` does in it, and a policy beside it. */
export interface GuardedRepository extends GitRepository {
  readonly key: SshKeyPair;
  readonly anchor: Oid;
  /** The path of the policy file. */
  readonly policy: string;
  /** Writes the policy anew, with these settings of its repository `shop`. */
  writePolicy(settings: object): Promise<void>;
}

/** On branch `main`, with an anchor that is not signed. */
export async function createGuardedRepository(): Promise<GuardedRepository> {
  const [repository, key] = await Promise.all([createGitRepository(), createSshKey()]);
  await repository.run('config', 'gpg.format', 'ssh');
  await repository.run('config', 'user.signingkey', key.path);
  const anchor = await repository.commit('Begin');
  const policy = join(repository.root, 'headlock.yaml');
  const writePolicy = async (settings: object): Promise<void> => {
    const shop = {
      name: 'shop',
      url: 'https://git.example.com/shop.git',
      provider: 'generic',
      branches: [{ name: 'main', anchor }],
      signatories: [{ name: 'Alice', ssh: key.publicKey }],
      ...settings,
    };
    const verifier = 'https://headlock.example.com/test';
    await writeFile(policy, stringify({ apiVersion: 'headlock/v1', verifier, repositories: [shop] }));
  };
  await writePolicy({});
  const remove = async (): Promise<void> => {
    await Promise.all([repository.remove(), key.cleanup()]);
  };
  return { ...repository, key, anchor, policy, writePolicy, remove };
}
