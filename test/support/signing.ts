import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A folder of throw-away OpenPGP keys without passphrases. */
export interface GpgHome {
  readonly path: string;
  /** What git and gpg need in their environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs gpg here. @returns its standard output. */
  gpg(args: readonly string[], options?: GpgRunOptions): Promise<Buffer>;
  /** Ends the agent and deletes the folder. */
  cleanup(): Promise<void>;
}

export interface GpgRunOptions {
  readonly input?: Uint8Array | string;
  /** Seconds since 1970 that gpg takes for now. */
  readonly at?: number;
}

export interface GpgKeyOptions {
  /** `ed25519`, `rsa2048`, `nistp256`, `brainpoolP256r1`, `dsa2048`, … as `gpg --quick-gen-key` takes it. */
  readonly algo?: string;
  /** `sign`, `cert`, … */
  readonly usage?: string;
  /** `0` (never), `1y`, `seconds=3600`, … */
  readonly expires?: string;
  readonly at?: number;
  readonly name?: string;
  readonly email?: string;
  /** A new home where it is not given. */
  readonly home?: GpgHome;
}

export interface GpgKey {
  readonly home: GpgHome;
  /** Of the primary key, upper-case hexadecimal. */
  readonly fingerprint: string;
  /** Cleans up its home. */
  cleanup(): Promise<void>;
}

/** Reasons of revocation as gpg asks for them. */
export type RevocationReason = 'none' | 'compromised' | 'superseded' | 'retired';

const REASON_ANSWERS: Readonly<Record<RevocationReason, number>> = {
  none: 0,
  compromised: 1,
  superseded: 2,
  retired: 3,
};

export async function createGpgHome(): Promise<GpgHome> {
  // Short: the agent's socket lies in it, and a socket's path has at most 107 bytes.
  const path = await mkdtemp('/tmp/hl-gpg-');
  const env = { GNUPGHOME: path };
  // gpg would start it too, but waits no longer than five seconds for it.
  await run('gpg-agent', ['--quiet', '--daemon'], env, '');
  return {
    path,
    env,
    gpg: (args, { input = '', at } = {}) => {
      const time = at === undefined ? [] : ['--faked-system-time', `${at}!`];
      return run(
        'gpg',
        ['--batch', '--no-tty', '--pinentry-mode', 'loopback', '--passphrase', '', ...time, ...args],
        env,
        input,
      );
    },
    cleanup: async () => {
      await run('gpgconf', ['--homedir', path, '--kill', 'all'], env, '');
      await rm(path, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

/** A primary key that signs, unless `usage` says otherwise. */
export async function createGpgKey(options: GpgKeyOptions = {}): Promise<GpgKey> {
  const { algo = 'ed25519', usage = 'sign', expires = '0', at, name = 'Alice', email = 'alice@example.com' } = options;
  const home = options.home ?? (await createGpgHome());
  const before = await listFingerprints(home);
  await home.gpg(['--quick-gen-key', `${name} <${email}>`, algo, usage, expires], at === undefined ? {} : { at });
  const fingerprint = (await listFingerprints(home)).find((one) => !before.includes(one));
  if (fingerprint === undefined) throw new Error('gpg made no key');
  return { home, fingerprint, cleanup: home.cleanup };
}

/** @returns the subkey's fingerprint, upper-case hexadecimal. */
export async function addGpgSubkey(
  key: GpgKey,
  options: Pick<GpgKeyOptions, 'algo' | 'usage' | 'expires' | 'at'> = {},
): Promise<string> {
  const { algo = 'ed25519', usage = 'sign', expires = '0', at } = options;
  await key.home.gpg(['--quick-add-key', key.fingerprint, algo, usage, expires], at === undefined ? {} : { at });
  const subkey = (await listFingerprints(key.home, 'sub')).at(-1);
  if (subkey === undefined) throw new Error('gpg made no subkey');
  return subkey;
}

/** Revokes the primary key. */
export async function revokeGpgKey(key: GpgKey, reason: RevocationReason, at?: number): Promise<void> {
  const answers = `y\n${REASON_ANSWERS[reason]}\n\ny\n`;
  const time = at === undefined ? {} : { at };
  const args = ['--command-fd', '0', '--no-batch', '--yes', '--gen-revoke', key.fingerprint];
  const certificate = await key.home.gpg(args, { input: answers, ...time });
  await key.home.gpg(['--import'], { input: certificate, ...time });
}

/** The certificate as it stands now. */
export async function exportPublicKey(key: GpgKey, { armor = true } = {}): Promise<Buffer> {
  return key.home.gpg([...(armor ? ['--armor'] : []), '--export', key.fingerprint]);
}

/** An armored detached signature, as git asks gpg for it. `key` is a fingerprint; one of a subkey ends with `!`. */
export async function signWithGpg(
  home: GpgHome,
  key: string,
  data: Uint8Array | string,
  { at, args = [] }: { at?: number; args?: readonly string[] } = {},
): Promise<Buffer> {
  const time = at === undefined ? {} : { at };
  return home.gpg([...args, '-bsau', key], { input: data, ...time });
}

async function listFingerprints(home: GpgHome, type: 'pub' | 'sub' = 'pub'): Promise<string[]> {
  const lines = (await home.gpg(['--list-keys', '--with-colons', '--with-fingerprint', '--with-fingerprint']))
    .toString()
    .split('\n');
  return lines.filter((_, index) => lines[index - 1]?.startsWith(`${type}:`)).map((line) => line.split(':')[9] ?? '');
}

export interface SshKeyOptions {
  /** As `ssh-keygen -t` takes it. */
  readonly type?: 'ed25519' | 'rsa' | 'ecdsa' | 'dsa';
  readonly bits?: number;
}

export interface SshKeyPair {
  /** The private key's file: what `user.signingkey` names. */
  readonly path: string;
  /** The line of the `.pub` file. */
  readonly publicKey: string;
  cleanup(): Promise<void>;
}

export async function createSshKey({ type = 'ed25519', bits }: SshKeyOptions = {}): Promise<SshKeyPair> {
  const folder = await mkdtemp('/tmp/hl-ssh-');
  const path = join(folder, 'key');
  const size = bits === undefined ? [] : ['-b', String(bits)];
  await run('ssh-keygen', ['-q', '-t', type, ...size, '-N', '', '-C', 'alice@example.com', '-f', path], {}, '');
  return {
    path,
    publicKey: (await readFile(`${path}.pub`, 'utf8')).trim(),
    cleanup: () => rm(folder, { recursive: true, force: true }),
  };
}

/** An armored signature of `ssh-keygen -Y sign`, as git asks for it. */
export async function signWithSsh(
  key: SshKeyPair,
  data: Uint8Array | string,
  { namespace = 'git', hash = 'sha512' }: { namespace?: string; hash?: string } = {},
): Promise<Buffer> {
  const file = `${key.path}.data`;
  await writeFile(file, data);
  await rm(`${file}.sig`, { force: true });
  await run('ssh-keygen', ['-q', '-Y', 'sign', '-f', key.path, '-n', namespace, '-O', `hashalg=${hash}`, file], {}, '');
  return readFile(`${file}.sig`);
}

function run(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  input: Uint8Array | string,
): Promise<Buffer> {
  const { PATH = '/usr/bin:/bin' } = process.env;
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const options = {
    env: { PATH, LC_ALL: 'C', TZ: 'UTC', ...env },
    encoding: 'buffer',
    maxBuffer: 64 * 1024 * 1024,
  } as const;
  const child = execFile(program, [...args], options, (error, stdout, stderr) => {
    if (error === null) resolve(stdout);
    else reject(new Error(`${program} ${args.join(' ')} failed: ${stderr.toString()}`, { cause: error }));
  });
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input);
  return promise;
}
