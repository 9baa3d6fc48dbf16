import { HeadlockError } from '../../shared/model/headlock-error.ts';
import type { PolicyProblem } from '../../shared/model/policy-error.ts';
import type { SignatoryEntry } from '../../shared/model/policy-file.ts';
import type { Signatory, SigningKey, SshKey } from '../../shared/model/signatory.ts';
import { parseSshPublicKey } from '../../shared/signatures/ssh/parse-public-key.ts';
import type { KeyReader, ReadKeys } from './read-keys.ts';

type Problem = Omit<PolicyProblem, 'file'>;

export interface ResolvedSignatory {
  readonly signatory: Signatory;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

const NO_KEYS: ReadKeys = { keys: [], complaints: [] };
const EXPORT = 'Export a public key that can sign: `gpg --armor --export <fingerprint>`.';

/** Compiles the keys that a policy names for a signatory. */
export async function resolveSignatory(entry: SignatoryEntry, readKeys: KeyReader): Promise<ResolvedSignatory> {
  const { name, emails, matchEmail, openpgp, ssh, validFrom, validUntil, lineOf } = entry;
  const { keys: openPgpKeys, complaints } = openpgp === null ? NO_KEYS : await readKeys(openpgp);
  const sshKeys = ssh.map((text, index) => readSshKey(text, lineOf(['ssh', index])));
  const keys: readonly SigningKey[] = [...openPgpKeys, ...sshKeys.flatMap(({ key }) => key ?? [])];
  const problems = sshKeys.flatMap(({ problem }) => problem ?? []);

  // One key that cannot be used is a warning; where no other is left, nobody could ever sign as this signatory.
  const isMute = openpgp !== null && !keys.some(canSign);
  if (isMute) {
    const why = complaints.length === 0 ? [`${openpgp} holds no file.`] : complaints;
    const message = `The signatory ${name} has no key that can sign. ${why.join(' ')} ${EXPORT}`;
    problems.push({ line: lineOf(['openpgp']), message });
  }
  return {
    signatory: { name, emails, matchEmail, validFrom, validUntil, keys },
    problems,
    warnings: isMute ? [] : complaints,
  };
}

function readSshKey(text: string, line: number): { readonly key: SshKey | null; readonly problem: Problem | null } {
  try {
    return { key: parseSshPublicKey(text), problem: null };
  } catch (error) {
    if (!(error instanceof HeadlockError)) throw error;
    return { key: null, problem: { line, message: error.message } };
  }
}

function canSign(key: SigningKey): boolean {
  return key.format === 'ssh' || (key.signing && key.spki !== null);
}
