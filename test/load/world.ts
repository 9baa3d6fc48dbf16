import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSshForgingKey } from '../support/forge-ssh.ts';
import { startGitServerProcess } from '../support/git-server-process.ts';
import { createGit } from './git.ts';
import { type LoadedInstance, startLoadedInstance } from './instance.ts';
import { createLoadedRepository, type LoadedRepository } from './loaded-repository.ts';

/** The embedded stack in a process of its own, guarding many repositories, as an operator sets it up. */
export interface LoadWorld {
  readonly instance: LoadedInstance;
  readonly repositories: readonly LoadedRepository[];
  /** Of the git server, in a process of its own. */
  readonly gitUrl: string;
  /** Of an agent that may see all of them. */
  readonly token: string;
  /** Signs the webhooks of all of them. */
  readonly secret: string;
  close(): Promise<void>;
}

/** @param pushes - how many commits each repository has to push */
export async function createLoadWorld(count: number, pushes: number): Promise<LoadWorld> {
  await using started = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'hl-load-'));
  started.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const served = join(folder, 'served');
  await mkdir(served);
  const server = await startGitServerProcess(served);
  started.defer(server.close);
  const instance = await startLoadedInstance(join(folder, 'data'));
  started.defer(instance.stop);

  const git = createGit(folder);
  const key = createSshForgingKey();
  const repositories: LoadedRepository[] = [];
  for (let n = 0; n < count; n += 1) {
    repositories.push(await createLoadedRepository(`load-${n}`, pushes, key, served, git));
  }
  const secret = randomBytes(32).toString('hex');
  await instance.headlock(['secret', 'set', 'load-webhook', '--purpose', 'webhook'], secret);
  const file = join(folder, 'headlock.yaml');
  await writeFile(file, describePolicy(server.url, repositories, key.line));
  await instance.headlock(['apply', '-f', file]);
  const names = repositories.map(({ name }) => name).join(',');
  const created = await instance.headlock(['token', 'create', '--name', 'load', '--repositories', names]);
  const token = /hl_[\w-]{43}/.exec(created)?.[0] ?? '';
  const all = started.move();
  return { instance, repositories, gitUrl: server.url, token, secret, close: () => all.disposeAsync() };
}

function describePolicy(gitUrl: string, repositories: readonly LoadedRepository[], publicKey: string): string {
  const entries = repositories.map(
    ({ name, commits: [anchor] }) => `  - name: ${name}
    url: ${gitUrl}/${name}.git
    provider: github
    webhook: { secretRef: load-webhook }
    branches:
      - { name: main, anchor: ${anchor} }
    signatories:
      - { name: Alice, ssh: "${publicKey}" }
`,
  );
  return `apiVersion: headlock/v1\nverifier: https://load.headlock.invalid\nrepositories:\n${entries.join('')}`;
}
