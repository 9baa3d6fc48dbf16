import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type ObjectFormat, type Oid, parseOid } from '../../shared/model/oid.ts';

export interface GitRepositoryOptions {
  readonly format?: ObjectFormat;
  readonly bare?: boolean;
  /** Added to the environment of every git process, `GNUPGHOME` say. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface CommitOptions {
  /** Contents by path, written and added first. */
  readonly files?: Readonly<Record<string, string>>;
  /** Author and committer date, as `GIT_COMMITTER_DATE` takes it. Without it each commit is a minute younger than the last. */
  readonly date?: string;
  /** More arguments of `git commit`, `-S` say. */
  readonly args?: readonly string[];
}

export interface GitRepository {
  /** A folder that holds this repository alone: what `startGitHttpServer` serves. */
  readonly root: string;
  /** The repository's name under `root`. */
  readonly name: string;
  /** The work tree, or the bare repository itself. */
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs git in the repository. @returns its standard output without the last line feed. */
  run(...args: string[]): Promise<string>;
  /** Like `run`, with standard input, and bytes as they are. */
  pipe(input: Uint8Array | string, ...args: string[]): Promise<Buffer>;
  /** Commits what `files` names, or nothing at all. */
  commit(message: string, options?: CommitOptions): Promise<Oid>;
  /** Writes a raw object as it is, however malformed. */
  writeObject(type: string, body: Uint8Array | string): Promise<Oid>;
  readObject(oid: string): Promise<Buffer>;
  head(revision?: string): Promise<Oid>;
  remove(): Promise<void>;
}

const FIRST_COMMIT = Date.UTC(2026, 0, 1) / 1000;
const MAX_OUTPUT = 1024 * 1024 * 1024;

const GIT_CONFIG = `[user]
\tname = Alice
\temail = alice@example.com
[init]
\tdefaultBranch = main
[gc]
\tauto = 0
[maintenance]
\tauto = false
[commit]
\tgpgSign = false
[advice]
\tdetachedHead = false
[protocol "file"]
\tallow = always
`;

/** An empty repository on branch `main` in a temporary folder, with a home and configuration of its own. */
export async function createGitRepository(options: GitRepositoryOptions = {}): Promise<GitRepository> {
  const folder = await mkdtemp(join(tmpdir(), 'hl-git-'));
  const [home, root, name] = [join(folder, 'home'), join(folder, 'root'), 'repository'];
  const path = join(root, name);
  await Promise.all([mkdir(home), mkdir(path, { recursive: true })]);
  await writeFile(join(home, '.gitconfig'), GIT_CONFIG);
  const env = { ...cleanGitEnvironment(home), ...options.env };
  let commits = 0;

  const pipe = (input: Uint8Array | string, ...args: string[]): Promise<Buffer> => runGit(path, env, args, input);
  const run = async (...args: string[]): Promise<string> => (await pipe('', ...args)).toString().replace(/\n$/, '');
  const head = async (revision = 'HEAD'): Promise<Oid> => parseOid(await run('rev-parse', '--verify', revision));

  const commit = async (message: string, { files = {}, date, args = [] }: CommitOptions = {}): Promise<Oid> => {
    for (const [file, content] of Object.entries(files)) {
      await mkdir(dirname(join(path, file)), { recursive: true });
      await writeFile(join(path, file), content);
    }
    if (Object.keys(files).length > 0) await run('add', '--', ...Object.keys(files));
    const time = date ?? `${FIRST_COMMIT + 60 * commits++} +0000`;
    const dated = { ...env, GIT_AUTHOR_DATE: time, GIT_COMMITTER_DATE: time };
    await runGit(path, dated, ['commit', '-q', '--allow-empty', '-m', message, ...args], '');
    return head();
  };

  await run('init', '-q', `--object-format=${options.format ?? 'sha1'}`, ...(options.bare ? ['--bare'] : []), '.');
  return {
    root,
    name,
    path,
    env,
    run,
    pipe,
    commit,
    head,
    writeObject: async (type, body) =>
      parseOid((await pipe(body, 'hash-object', '-t', type, '-w', '--literally', '--stdin')).toString().trim()),
    readObject: async (oid) => pipe(`${oid}\n`, 'cat-file', '--batch').then(bodyOfBatchReply),
    remove: () => rm(folder, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** The environment in which neither this machine's configuration nor the caller's has a say. */
export function cleanGitEnvironment(home: string): Record<string, string> {
  const { PATH = '/usr/bin:/bin' } = process.env;
  return {
    PATH,
    HOME: home,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    LC_ALL: 'C',
    TZ: 'UTC',
  };
}

function runGit(
  cwd: string,
  env: Readonly<Record<string, string>>,
  args: readonly string[],
  input: Uint8Array | string,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      'git',
      [...args],
      { cwd, env, encoding: 'buffer', maxBuffer: MAX_OUTPUT },
      (error, stdout, stderr) =>
        error === null ? resolve(stdout) : reject(new Error(`git ${args.join(' ')}: ${stderr}`, { cause: error })),
    );
    child.stdin?.on('error', () => {}); // git may end before it has read everything: its exit status tells.
    child.stdin?.end(input);
  });
}

function bodyOfBatchReply(reply: Buffer): Buffer {
  return reply.subarray(reply.indexOf(0x0a) + 1, -1);
}
