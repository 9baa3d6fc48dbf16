import { HeadlockError } from '../../shared/model/headlock-error.ts';
import type { PolicyProblem } from '../../shared/model/policy-error.ts';
import type { LineOf, SshEntry } from '../../shared/model/policy-file.ts';
import type { SshKey } from '../../shared/model/signatory.ts';
import { isFidoKeyType } from '../../shared/signatures/ssh/parse-key-blob.ts';
import { parseSshPublicKey } from '../../shared/signatures/ssh/parse-public-key.ts';

export type Problem = Omit<PolicyProblem, 'file'>;

export interface SshKeys {
  readonly keys: readonly SshKey[];
  readonly problems: readonly Problem[];
}

/** Compiles what a policy says of a signatory's SSH keys. */
export function readSsh(entry: SshEntry, lineOf: LineOf): SshKeys {
  const { userVerification, principals } = entry;
  const listed = entry.keys.map((text, index) =>
    // A list is written either as `ssh:` or as `keys:` below it, and the nearest that stands in the file counts.
    attempt(Math.max(lineOf(['ssh', index]), lineOf(['ssh', 'keys', index])), () =>
      demandVerification(parseSshPublicKey(text), userVerification),
    ),
  );
  const authorities = entry.certificateAuthority.map((text, index) =>
    attempt(lineOf(['ssh', 'certificateAuthority', index]), () => {
      const authority = { ...parseSshPublicKey(text), principals };
      return userVerification ? { ...authority, userVerification } : authority;
    }),
  );
  const read = [...listed, ...authorities];
  return { keys: read.flatMap(({ key }) => key ?? []), problems: read.flatMap(({ problem }) => problem ?? []) };
}

function attempt(line: number, read: () => SshKey): { readonly key?: SshKey; readonly problem?: Problem } {
  try {
    return { key: read() };
  } catch (error) {
    if (!(error instanceof HeadlockError)) throw error;
    return { problem: { line, message: error.message } };
  }
}

/** @throws HeadlockError where nobody could ever be verified: the key is no FIDO key. */
function demandVerification(key: SshKey, userVerification: boolean): SshKey {
  if (!userVerification) return key;
  if (isFidoKeyType(key.type)) return { ...key, userVerification };
  const message = `The SSH key ${key.fingerprint} is in no security key (FIDO), and \`userVerification\` asks for one. List it for another signatory, or take \`userVerification\` out.`;
  throw new HeadlockError('no_security_key', message, { kind: 'input' });
}
