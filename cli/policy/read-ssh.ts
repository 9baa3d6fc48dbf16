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
  const keys: SshKey[] = [];
  const problems: Problem[] = [];
  for (const [index, text] of entry.keys.entries()) {
    // A list is written either as `ssh:` or as `keys:` below it, and the nearest that stands in the file counts.
    const line = Math.max(lineOf(['ssh', index]), lineOf(['ssh', 'keys', index]));
    try {
      keys.push(demandVerification(parseSshPublicKey(text), entry.userVerification));
    } catch (error) {
      if (!(error instanceof HeadlockError)) throw error;
      problems.push({ line, message: error.message });
    }
  }
  return { keys, problems };
}

/** @throws HeadlockError where nobody could ever be verified: the key is no FIDO key. */
function demandVerification(key: SshKey, userVerification: boolean): SshKey {
  if (!userVerification) return key;
  if (isFidoKeyType(key.type)) return { ...key, userVerification };
  const message = `The SSH key ${key.fingerprint} is in no security key (FIDO), and \`userVerification\` asks for one. List it for another signatory, or take \`userVerification\` out.`;
  throw new HeadlockError('no_security_key', message, { kind: 'input' });
}
