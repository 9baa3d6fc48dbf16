import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import { hasProgram } from '../has-program.ts';
import { createSshKey } from '../playground/create-ssh-key.ts';

/** Somebody who signs commits with a fresh key. */
export interface Signer {
  readonly program: 'gpg' | 'ssh-keygen';
  /** For people: what kind of key it is. */
  readonly key: string;
  readonly gitConfig: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string>>;
  /** What the policy says of the signatory's keys. */
  readonly policyEntry: string;
  /** Ends what runs in the background. */
  close(): Promise<void>;
}

export interface SignerOptions {
  /** A folder of its own, with a short path: gpg's agent has a socket in it. */
  readonly folder: string;
  /** Where the policy finds keys. */
  readonly keysFolder: string;
  readonly name: string;
  readonly email: string;
  /** `PATH` */
  readonly searchPath: string;
}

/** Signs with gpg, or where that is missing with ssh-keygen. @throws HeadlockError `nothing_to_sign_with` */
export async function createSigner(options: SignerOptions): Promise<Signer> {
  await mkdir(options.folder, { recursive: true, mode: 0o700 });
  if (await hasProgram('gpg', options.searchPath)) return createGpgSigner(options);
  if (await hasProgram('ssh-keygen', options.searchPath)) return createSshSigner(options);
  const message =
    'Neither gpg nor ssh-keygen is installed, so nothing can be signed. Install one of them: `apt install gnupg` or `apt install openssh-client`.';
  throw new HeadlockError('nothing_to_sign_with', message, { kind: 'configuration' });
}

async function createGpgSigner({ folder, keysFolder, name, email, searchPath }: SignerOptions): Promise<Signer> {
  const env = { PATH: searchPath, GNUPGHOME: folder, LC_ALL: 'C' };
  const run = promisify(execFile);
  const batch = ['--batch', '--no-tty', '--pinentry-mode', 'loopback', '--passphrase', ''];
  await run('gpg', [...batch, '--quick-gen-key', `${name} <${email}>`, 'ed25519', 'sign', '0'], { env });
  const { stdout } = await run('gpg', [...batch, '--armor', '--export', email], { env });
  await writeFile(join(keysFolder, 'demo.asc'), stdout);
  return {
    program: 'gpg',
    key: 'a fresh OpenPGP key',
    gitConfig: { 'gpg.format': 'openpgp', 'user.signingkey': email },
    environment: { GNUPGHOME: folder },
    policyEntry: 'openpgp: keys/demo.asc',
    close: async () => {
      await run('gpgconf', ['--kill', 'all'], { env }).catch(() => {});
    },
  };
}

async function createSshSigner({ folder, email }: SignerOptions): Promise<Signer> {
  const { privateKey, publicKey } = createSshKey(email);
  const path = join(folder, 'id_ed25519');
  await writeFile(path, privateKey, { mode: 0o600 });
  await writeFile(`${path}.pub`, `${publicKey}\n`);
  return {
    program: 'ssh-keygen',
    key: 'a fresh SSH key',
    gitConfig: { 'gpg.format': 'ssh', 'user.signingkey': path },
    environment: {},
    policyEntry: `ssh: "${publicKey}"`,
    close: async () => {},
  };
}
