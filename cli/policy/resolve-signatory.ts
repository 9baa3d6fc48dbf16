import type { SignatoryEntry } from '../../shared/model/policy-file.ts';
import type { Signatory, SigningKey } from '../../shared/model/signatory.ts';
import type { CompileKeyFiles } from './certificate-cache.ts';
import { type ReadKeys, readKeys } from './read-keys.ts';
import { type Problem, readSsh } from './read-ssh.ts';
import type { SshFiles } from './read-ssh-file.ts';
import { readX509 } from './read-x509.ts';

export interface ResolvedSignatory {
  readonly signatory: Signatory;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

const NO_KEYS: ReadKeys = { keys: [], complaints: [] };
const EXPORT = 'Export a public key that can sign: `gpg --armor --export <fingerprint>`.';

/** Compiles the keys that a policy names for the signatories of one repository. */
export async function resolveSignatories(
  entries: readonly SignatoryEntry[],
  compile: CompileKeyFiles,
  sshFiles: SshFiles,
  policyFolder: string,
): Promise<readonly ResolvedSignatory[]> {
  const paths = entries.flatMap(({ openpgp }) => openpgp ?? []);
  const keys = await readKeys(paths, policyFolder, compile);
  return Promise.all(
    entries.map((entry) => resolveSignatory(entry, keys.get(entry.openpgp ?? '') ?? NO_KEYS, sshFiles, policyFolder)),
  );
}

async function resolveSignatory(
  entry: SignatoryEntry,
  { keys: openPgpKeys, complaints }: ReadKeys,
  sshFiles: SshFiles,
  policyFolder: string,
): Promise<ResolvedSignatory> {
  const { name, emails, matchEmail, openpgp, validFrom, validUntil, limit, lineOf } = entry;
  const { keys: sshKeys, problems, revocations: sshRevocations } = await readSsh(entry, sshFiles);
  const x509 = await readX509(entry, policyFolder);
  const keys: readonly SigningKey[] = [...openPgpKeys, ...sshKeys, ...x509.keys];

  const allProblems = [...problems, ...x509.problems];
  // One key that cannot be used is a warning; where no other is left, nobody could ever sign as this signatory.
  const isMute = openpgp !== null && !keys.some(canSign);
  if (isMute) {
    const why = complaints.length === 0 ? [`${openpgp} holds no file.`] : complaints;
    const message = `The signatory ${name} has no key that can sign. ${why.join(' ')} ${EXPORT}`;
    allProblems.push({ line: lineOf(['openpgp']), message });
  }
  return {
    signatory: {
      name,
      emails,
      matchEmail,
      validFrom,
      validUntil,
      limit,
      keys,
      ...(sshRevocations && { sshRevocations }),
    },
    problems: allProblems,
    warnings: isMute ? [] : complaints,
  };
}

function canSign(key: SigningKey): boolean {
  return key.format !== 'openpgp' || (key.signing && key.spki !== null);
}
