import { HeadlockError } from '../../shared/model/headlock-error.ts';
import type { PolicyProblem } from '../../shared/model/policy-error.ts';
import type { LineOf, SignatoryEntry, SshEntry } from '../../shared/model/policy-file.ts';
import type { SshKey, SshRevocations } from '../../shared/model/signatory.ts';
import { compileAllowedSigners } from '../../shared/signatures/ssh/parse-allowed-signers.ts';
import { isFidoKeyType } from '../../shared/signatures/ssh/parse-key-blob.ts';
import { parseSshPublicKey } from '../../shared/signatures/ssh/parse-public-key.ts';
import type { SshFiles } from './read-ssh-file.ts';

export type Problem = Omit<PolicyProblem, 'file'>;

export interface SshKeys {
  readonly keys: readonly SshKey[];
  readonly revocations?: SshRevocations;
  readonly problems: readonly Problem[];
}

/** Compiles what a policy says of a signatory's SSH keys. */
export async function readSsh({ ssh, name, emails, lineOf }: SignatoryEntry, files: SshFiles): Promise<SshKeys> {
  if (ssh === null) return { keys: [], problems: [] };
  const parts = await Promise.all([
    ...readLines(ssh, lineOf),
    attempt(lineOf(['ssh', 'allowedSigners']), async () => {
      if (ssh.allowedSigners === null) return [];
      const signers = await files.allowedSigners(ssh.allowedSigners);
      return findSigners(compileAllowedSigners(signers, emails.length === 0 ? [name] : emails), ssh, name);
    }),
    readRevocations(ssh, lineOf, files),
  ]);
  const [revocations] = parts.flatMap((part) => part.revocations ?? []);
  return {
    keys: parts.flatMap(({ keys }) => keys),
    problems: parts.flatMap(({ problems }) => problems),
    ...(revocations && { revocations }),
  };
}

function readLines(ssh: SshEntry, lineOf: LineOf): readonly Promise<SshKeys>[] {
  const listed = ssh.keys.map((text, index) =>
    // A list is written either as `ssh:` or as `keys:` below it, and the nearest that stands in the file counts.
    attempt(Math.max(lineOf(['ssh', index]), lineOf(['ssh', 'keys', index])), () => [
      demandVerification(parseSshPublicKey(text), ssh),
    ]),
  );
  const authorities = ssh.certificateAuthority.map((text, index) =>
    attempt(lineOf(['ssh', 'certificateAuthority', index]), () => [
      demandVerification({ ...parseSshPublicKey(text), principals: ssh.principals }, ssh),
    ]),
  );
  return [...listed, ...authorities];
}

async function readRevocations({ revocations: path }: SshEntry, lineOf: LineOf, files: SshFiles): Promise<SshKeys> {
  if (path === null) return { keys: [], problems: [] };
  try {
    return { keys: [], problems: [], revocations: await files.revocations(path) };
  } catch (error) {
    if (!(error instanceof HeadlockError)) throw error;
    return { keys: [], problems: [{ line: lineOf(['ssh', 'revocations']), message: error.message }] };
  }
}

async function attempt(line: number, read: () => readonly SshKey[] | Promise<readonly SshKey[]>): Promise<SshKeys> {
  try {
    return { keys: await read(), problems: [] };
  } catch (error) {
    if (!(error instanceof HeadlockError)) throw error;
    return { keys: [], problems: [{ line, message: error.message }] };
  }
}

/** @throws HeadlockError where nobody could ever sign as this signatory by the file. */
function findSigners(keys: readonly SshKey[], ssh: SshEntry, name: string): readonly SshKey[] {
  if (keys.length > 0) return keys.map((key) => demandVerification(key, ssh));
  const message = `No line of ${ssh.allowedSigners} counts for ${name}: its principals must take one of their \`emails\` (the name where none is listed), and its namespaces \`git\`.`;
  throw new HeadlockError('no_allowed_signer', message, { kind: 'input' });
}

/** @throws HeadlockError where nobody could ever be verified: the key is no FIDO key. What an authority certifies may be one. */
function demandVerification(key: SshKey, { userVerification }: SshEntry): SshKey {
  if (!userVerification) return key;
  if (key.principals !== undefined || isFidoKeyType(key.type)) return { ...key, userVerification };
  const message = `The SSH key ${key.fingerprint} is in no security key (FIDO), and \`userVerification\` asks for one. List it for another signatory, or take \`userVerification\` out.`;
  throw new HeadlockError('no_security_key', message, { kind: 'input' });
}
