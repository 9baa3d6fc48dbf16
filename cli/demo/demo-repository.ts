import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import { type Oid, parseOid } from '../../shared/model/oid.ts';
import type { Signer } from './create-signer.ts';

export interface DemoRepositoryOptions {
  /** A folder of its own. */
  readonly folder: string;
  readonly cloneUrl: string;
  readonly signer: Signer;
  readonly name: string;
  readonly email: string;
  /** `PATH` */
  readonly searchPath: string;
}

/** A developer's clone, where nothing of the user's own configuration has a say. */
export interface DemoRepository {
  /** Runs git. @throws HeadlockError `git_failed` */
  git(...args: readonly string[]): Promise<string>;
  head(): Promise<Oid>;
}

export async function cloneDemoRepository(options: DemoRepositoryOptions): Promise<DemoRepository> {
  const { folder, cloneUrl, signer, searchPath } = options;
  await mkdir(folder, { recursive: true });
  const env = {
    PATH: searchPath,
    HOME: folder,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    LC_ALL: 'C',
    ...signer.environment,
  };
  const clone = join(folder, 'clone');
  const config = Object.entries({ 'user.name': options.name, 'user.email': options.email, ...signer.gitConfig });
  const settings = config.flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  await run(['clone', '--quiet', ...settings, cloneUrl, clone], folder, env);
  const git = (...args: readonly string[]): Promise<string> => run(args, clone, env);
  return { git, head: async () => parseOid(await git('rev-parse', 'HEAD')) };
}

async function run(args: readonly string[], cwd: string, env: Readonly<Record<string, string>>): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('git', [...args], { cwd, env });
    return stdout.trimEnd();
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new HeadlockError('git_failed', `git ${args[0]} failed: ${detail}`, { kind: 'configuration', cause });
  }
}
