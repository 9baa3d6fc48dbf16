import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { formatClaim } from '../model/claim.ts';
import type { Oid } from '../model/oid.ts';
import { TransportError } from './transport-error.ts';

export interface GitProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Settles when git has ended. */
  readonly ended: Promise<GitExit>;
  kill(): void;
}

export interface GitExit {
  readonly status: number | null;
  /** The start of what git wrote to standard error. */
  readonly complaint: string;
}

const MAX_COMPLAINT_LENGTH = 500;

/**
 * Nothing but the repository's own objects and refs has a say (trust rule 1.5), and nothing that the repository's
 * configuration names is run: no transport, which a lazy fetch would use, is allowed.
 */
const ENVIRONMENT = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_GRAFT_FILE: '/dev/null/none', // a file that cannot be: an empty one would be complained of
  GIT_NO_LAZY_FETCH: '1',
  GIT_ALLOW_PROTOCOL: 'none',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_TERMINAL_PROMPT: '0',
  LC_ALL: 'C',
};

/** A repository of another owner may be read: reading runs nothing. The commit graph file repeats what raw bytes say. */
const SETTINGS = ['-c', 'safe.directory=*', '-c', 'core.commitGraph=false', '-c', 'core.fsmonitor=false'];

/** Starts git in a repository. `searchPath` is where the program is looked for, as in `PATH`. */
export function startGit(repository: string, searchPath: string, args: readonly string[]): GitProcess {
  const env = { ...ENVIRONMENT, PATH: searchPath };
  const child: ChildProcessByStdio<Writable, Readable, Readable> = spawn(
    'git',
    [...SETTINGS, '-C', repository, ...args],
    { env, stdio: ['pipe', 'pipe', 'pipe'] },
  );
  child.stdin.on('error', () => {}); // git may end before it has read everything: its exit status tells

  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(0, MAX_COMPLAINT_LENGTH);
  });
  const ended = new Promise<GitExit>((resolve, reject) => {
    child.on('error', () =>
      reject(new TransportError('not_found', 'git cannot be started. Install git, and see that it is in PATH.')),
    );
    child.on('close', (status) => resolve({ status, complaint: printable(complaint) }));
  });
  ended.catch(() => {}); // handled by whoever awaits it, perhaps later
  return { stdin: child.stdin, stdout: child.stdout, ended, kill: () => child.kill() };
}

export interface GitAnswer extends GitExit {
  readonly output: string;
}

/** Runs git to its end. */
export async function askGit(
  repository: string,
  searchPath: string,
  args: readonly string[],
  input = '',
): Promise<GitAnswer> {
  const git = startGit(repository, searchPath, args);
  git.stdin.end(input);
  const output = (await git.stdout.setEncoding('utf8').toArray()).join('');
  return { output, ...(await git.ended) };
}

/** Trust rule 1.5: the boundary of a shallow clone says nothing of the history behind it. */
export async function isShallowClone(repository: string, searchPath: string): Promise<boolean> {
  const { output } = await askGit(repository, searchPath, ['rev-parse', '--is-shallow-repository']);
  return output.trim() === 'true';
}

export function createShallowError(repository: string, oid: Oid): TransportError {
  const advice = 'Run `git fetch --unshallow` there (in CI, check out with the full history).';
  const message = `The clone at ${repository} is shallow and does not reach back to ${oid}. ${advice}`;
  return new TransportError('bad_response', message);
}

function printable(text: string): string {
  return formatClaim(text.replace(/\s+/g, ' ').trim(), MAX_COMPLAINT_LENGTH);
}
