import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { cleanGitEnvironment } from './git-repository.ts';
import { runHeadlock } from './run-headlock.ts';

/** A committer's home folder with a repository, and the folder in which a policy is kept. */
export interface KeysHome {
  readonly path: string;
  readonly policyFolder: string;
  readonly repository: string;
  /** Runs a script of the shell. @returns its standard output. */
  run(
    script: string,
    options?: { readonly env?: Readonly<Record<string, string>>; readonly folder?: string },
  ): Promise<string>;
  read(file: string): Promise<string>;
  /** Settings of gpg beside those that keep it from asking. */
  configureGpg(settings?: string): Promise<void>;
  /** Commits as git is configured now. @returns who is proven to have signed, or why nobody is. */
  commitAndJudge(policy: object): Promise<string>;
  /** The same of the newest commit. */
  judge(policy: object): Promise<string>;
  remove(): Promise<void>;
}

export async function createKeysHome(): Promise<KeysHome> {
  // Short: the agent's socket lies in it.
  const path = await mkdtemp('/tmp/hl-keys-');
  const [policyFolder, repository, gnupg] = ['policy', 'repository', '.gnupg'].map((name) => join(path, name)) as [
    string,
    string,
    string,
  ];
  await Promise.all([mkdir(join(policyFolder, 'keys'), { recursive: true }), mkdir(gnupg, { mode: 0o700 })]);
  await mkdir(join(path, '.ssh'), { mode: 0o700 });
  await writeFile(join(path, 'askpass'), '#!/bin/sh\necho\n');
  await chmod(join(path, 'askpass'), 0o755);
  const asking = { SSH_ASKPASS: join(path, 'askpass'), SSH_ASKPASS_REQUIRE: 'force' };
  const run: KeysHome['run'] = async (script, { env = {}, folder = policyFolder } = {}) => {
    const options = { cwd: folder, env: { ...cleanGitEnvironment(path), ...asking, ...env } };
    return (await promisify(execFile)('sh', ['-ec', script], options)).stdout;
  };
  const configureGpg: KeysHome['configureGpg'] = async (settings = '') => {
    await writeFile(join(gnupg, 'none'), '');
    const quiet = `batch\nno-tty\npinentry-mode loopback\npassphrase-file ${join(gnupg, 'none')}\n`;
    await writeFile(join(gnupg, 'gpg.conf'), quiet + settings);
  };
  await configureGpg();
  await run(`git config --global user.name Somebody && git config --global user.email bob@example.com
    git init -q -b main ${repository} && git -C ${repository} commit -q --allow-empty -m Begin`);

  const judge = async (policy: object): Promise<string> => {
    const anchor = (await run('git rev-parse HEAD~', { folder: repository })).trim();
    const shop = {
      name: 'shop',
      url: 'https://git.example.com/shop.git',
      provider: 'generic',
      branches: [{ name: 'main', anchor }],
      ...policy,
    };
    const file = join(policyFolder, 'headlock.yaml');
    const verifier = 'https://headlock.example.com/test';
    await writeFile(file, stringify({ apiVersion: 'headlock/v1', verifier, repositories: [shop] }));
    const { stdout, stderr } = await runHeadlock(['verify', repository, '-f', file, '--output', 'json']);
    if (stdout === '') throw new Error(stderr);
    const [verdict] = JSON.parse(stdout).verdicts;
    return verdict.outcome === 'verified' ? verdict.signatory : verdict.reason;
  };
  return {
    path,
    policyFolder,
    repository,
    run,
    read: async (file) => (await readFile(join(path, file), 'utf8')).trim(),
    configureGpg,
    judge,
    commitAndJudge: async (policy) => {
      await run('git commit -q --allow-empty -m Work', { folder: repository });
      return judge(policy);
    },
    remove: async () => {
      await run(`gpgconf --homedir ${gnupg} --kill all`);
      await rm(path, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}
