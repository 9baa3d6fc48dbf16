import { spawn } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import type { Settings } from '../../cli/command-context.ts';
import { run } from '../../cli/run.ts';
import { createTerminal, type Input } from '../../cli/terminal.ts';
import { RECORD_VARIABLE } from '../permissions/run-record.ts';

export interface HeadlockRun {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly settings?: Partial<Settings>;
  /** Standard input: what it holds, or a stream that may be a terminal. */
  readonly input?: string | Uint8Array | Input;
  /** Whether standard output and error are terminals. */
  readonly isTerminal?: boolean;
}

/** Runs a whole command line in this process, as `cli/main.ts` does. */
export async function runHeadlock(args: readonly string[], options: RunOptions = {}): Promise<HeadlockRun> {
  const { input = '', isTerminal = false } = options;
  const stdin = input instanceof Readable ? input : Readable.from([Buffer.from(input)], { objectMode: false });
  const [stdout, stderr] = [createOutput(isTerminal), createOutput(isTerminal)];
  const written = Promise.all([stdout.setEncoding('utf8').toArray(), stderr.setEncoding('utf8').toArray()]);
  const status = await run(args, {
    terminal: createTerminal({ stdin, stdout, stderr, isPlain: false }),
    settings: {
      searchPath: process.env.PATH ?? '/usr/bin:/bin',
      home: homedir(),
      cacheFolder: null,
      gitUsername: null,
      gitPassword: null,
      proxyEnv: {},
      debug: false,
      ...options.settings,
    },
  });
  stdout.end();
  stderr.end();
  const [out, err] = await written;
  return { status, stdout: out.join(''), stderr: err.join('') };
}

function createOutput(isTTY: boolean): PassThrough & { readonly isTTY: boolean } {
  return Object.assign(new PassThrough(), { isTTY });
}

export interface SpawnOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Sends SIGINT when standard output has this text. */
  readonly interruptAt?: string;
}

/** Not the user's own. */
const CACHE = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'headlock-tests');

/** What the command does of AWS is recorded as that of the test is. */
const RECORDING = {
  NODE_OPTIONS: `--import ${new URL('../permissions/record-access.ts', import.meta.url)}`,
  [RECORD_VARIABLE]: process.env[RECORD_VARIABLE] ?? '',
};

/** Runs the command line in a process of its own, without a terminal. */
export async function spawnHeadlock(args: readonly string[], options: SpawnOptions = {}): Promise<HeadlockRun> {
  const command = join(import.meta.dirname, '..', '..', 'cli', 'headlock.mjs');
  const { PATH = '/usr/bin:/bin' } = process.env;
  const defaults = { PATH, LC_ALL: 'C', TZ: 'UTC', XDG_CACHE_HOME: CACHE, ...RECORDING };
  const child = spawn(process.execPath, [command, ...args], { env: { ...defaults, ...options.env } });
  child.stdin.on('error', () => {}); // The command may end without reading.
  child.stdin.end(options.input ?? '');
  const ended = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  const { interruptAt } = options;
  if (interruptAt !== undefined) {
    child.stdout.on('data', (text: string) => {
      if (text.includes(interruptAt)) child.kill('SIGINT');
    });
  }
  const [stdout, stderr, status] = await Promise.all([
    child.stdout.setEncoding('utf8').toArray(),
    child.stderr.setEncoding('utf8').toArray(),
    ended,
  ]);
  return { status, stdout: stdout.join(''), stderr: stderr.join('') };
}
