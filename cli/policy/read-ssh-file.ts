import { HeadlockError } from '../../shared/model/headlock-error.ts';
import { MAX_SSH_FILE_BYTES } from '../../shared/model/limits.ts';
import type { SshRevocations } from '../../shared/model/signatory.ts';
import { type AllowedSigner, parseAllowedSigners } from '../../shared/signatures/ssh/parse-allowed-signers.ts';
import { parseRevocationList } from '../../shared/signatures/ssh/parse-revocation-list.ts';
import { readBeside } from './read-beside.ts';

const CODE = 'unreadable_ssh_file';

/** Reads the files that `ssh:` names, each once, however many signatories name it; rejects with a HeadlockError. */
export interface SshFiles {
  allowedSigners(path: string): Promise<readonly AllowedSigner[]>;
  revocations(path: string): Promise<SshRevocations>;
}

export function createSshFiles(policyFolder: string): SshFiles {
  return {
    allowedSigners: readOnce(policyFolder, parseAllowedSigners),
    revocations: readOnce(policyFolder, parseRevocationList),
  };
}

function readOnce<T>(folder: string, parse: (file: Uint8Array) => T): (path: string) => Promise<T> {
  const known = new Map<string, Promise<T>>();
  return (path) => {
    const reading = known.get(path) ?? readSshFile(folder, path, parse);
    known.set(path, reading);
    return reading;
  };
}

async function readSshFile<T>(folder: string, path: string, parse: (file: Uint8Array) => T): Promise<T> {
  const bytes = await readBeside(folder, path, { code: CODE, maxBytes: MAX_SSH_FILE_BYTES, advice: 'Split it.' });
  try {
    return parse(bytes);
  } catch (cause) {
    if (!(cause instanceof HeadlockError)) throw cause;
    throw new HeadlockError(CODE, `${path}: ${cause.message}`, { kind: 'input', cause });
  }
}
