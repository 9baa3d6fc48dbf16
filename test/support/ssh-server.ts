import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { findFreePort } from './free-port.ts';

/** As `ssh-keygen -t`, and `-b`, take them. */
export const KEY_TYPES = ['ed25519', 'ecdsa-256', 'ecdsa-384', 'ecdsa-521', 'rsa-2048'] as const;
export type SshKeyType = (typeof KEY_TYPES)[number];

export interface SshServerOptions {
  readonly hostKeys?: readonly SshKeyType[];
  /** Whether it takes the variable that asks for version 2. */
  readonly acceptsProtocol?: boolean;
  /** More lines of `sshd_config`, before all others: the first value of an option counts. */
  readonly config?: readonly string[];
}

/** An OpenSSH server on loopback whose one user is whoever runs the tests, by one key, for git alone. */
export interface SshServer {
  /** `ssh://user@127.0.0.1:port`, before the absolute path of a repository. */
  readonly url: string;
  readonly port: number;
  /** An ed25519 key that it lets in. */
  readonly privateKey: string;
  /** The `known_hosts` lines of its keys. */
  readonly knownHosts: string;
  /** What clients asked for, in order. */
  commands(): Promise<readonly string[]>;
  /** How often somebody was let in. */
  logins(): number;
  letIn(publicKey: string): Promise<void>;
  /** Runs these shell commands in place of what clients ask for; null runs `git-shell`. */
  behave(shell: string | null): Promise<void>;
  close(): Promise<void>;
}

const SSHD = '/usr/sbin/sshd';
const GIT_SHELL = 'exec git-shell -c "$SSH_ORIGINAL_COMMAND"';

export async function startSshServer(options: SshServerOptions = {}): Promise<SshServer> {
  const { hostKeys = ['ed25519'], acceptsProtocol = true, config = [] } = options;
  const folder = await mkdtemp('/tmp/hl-sshd-');
  const path = (name: string): string => join(folder, name);
  // Where OpenSSH that runs as root separates its privileges, as its service file makes it.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  const [client, ...hosts] = await Promise.all([
    createKeyFile(path('client'), 'ed25519'),
    ...hostKeys.map((type) => createKeyFile(path(`host-${type}`), type)),
  ]);
  const port = await findFreePort();
  await writeFile(
    path('sshd_config'),
    [
      ...config,
      'ListenAddress 127.0.0.1',
      `Port ${port}`,
      ...hostKeys.map((type) => `HostKey ${path(`host-${type}`)}`),
      `AuthorizedKeysFile ${path('authorized_keys')}`,
      ...(acceptsProtocol ? ['AcceptEnv GIT_PROTOCOL'] : []),
      `ForceCommand /bin/sh ${path('command')}`,
      ...['PidFile none', 'StrictModes no', 'UsePAM no', 'PermitRootLogin prohibit-password'],
      ...['PasswordAuthentication no', 'KbdInteractiveAuthentication no', 'MaxStartups 1000', ''],
    ].join('\n'),
  );
  const letIn = (publicKey: string) => writeFile(path('authorized_keys'), `${publicKey}\n`, { flag: 'a' });
  const behave = (shell: string | null) =>
    writeFile(path('command'), `echo "$SSH_ORIGINAL_COMMAND" >> ${path('commands')}\n${shell ?? GIT_SHELL}\n`);
  await Promise.all([writeFile(path('commands'), ''), behave(null), letIn(client.publicKey)]);

  const server = spawn(SSHD, ['-D', '-e', '-f', path('sshd_config')], { stdio: ['ignore', 'ignore', 'pipe'] });
  // Of a test that failed before it came to close it.
  const endWithProcess = () => {
    server.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', endWithProcess);
  let logins = 0;
  const log: string[] = [];
  const listening = Promise.withResolvers<void>();
  createInterface({ input: server.stderr }).on('line', (line) => {
    log.push(line);
    if (/^Accepted publickey/.test(line)) logins += 1;
    if (/^Server listening/.test(line)) listening.resolve();
  });
  server.once('error', listening.reject);
  server.once('exit', () => listening.reject(new Error(`sshd ended: ${log.join(' ')}`)));
  await listening.promise;

  return {
    url: `ssh://${userInfo().username}@127.0.0.1:${port}`,
    port,
    privateKey: client.privateKey,
    knownHosts: hosts.map(({ publicKey }) => `[127.0.0.1]:${port} ${publicKey}\n`).join(''),
    commands: async () => (await readFile(path('commands'), 'utf8')).split('\n').slice(0, -1),
    logins: () => logins,
    letIn,
    behave,
    close: async () => {
      process.off('exit', endWithProcess);
      server.kill();
      if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export interface SshKeyFiles {
  readonly privateKey: string;
  /** Type and key, without a comment. */
  readonly publicKey: string;
}

/** A key without a passphrase as `ssh-keygen` writes it. */
export async function createKeyFile(path: string, type: SshKeyType): Promise<SshKeyFiles> {
  const [kind = '', bits] = type.split('-');
  const size = bits === undefined ? [] : ['-b', bits];
  await promisify(execFile)('ssh-keygen', ['-q', '-t', kind, ...size, '-N', '', '-C', '', '-f', path]);
  const [privateKey, line] = await Promise.all([readFile(path, 'utf8'), readFile(`${path}.pub`, 'utf8')]);
  return { privateKey, publicKey: line.split(' ').slice(0, 2).join(' ').trim() };
}

/** The same key in another format, or under a passphrase, both as `ssh-keygen -p` takes them. */
export async function convertKey(privateKey: string, ...args: string[]): Promise<string> {
  const folder = await mkdtemp('/tmp/hl-key-');
  const path = join(folder, 'key');
  await writeFile(path, privateKey, { mode: 0o600 });
  const passphrase = args.includes('-N') ? [] : ['-N', ''];
  await promisify(execFile)('ssh-keygen', ['-q', '-p', '-P', '', ...passphrase, ...args, '-f', path]);
  const converted = await readFile(path, 'utf8');
  await rm(folder, { recursive: true });
  return converted;
}
