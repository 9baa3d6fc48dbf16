import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import { MAX_SSH_FILE_BYTES } from '../../shared/model/limits.ts';
import type { SshRevocations } from '../../shared/model/signatory.ts';
import { type AllowedSigner, parseAllowedSigners } from '../../shared/signatures/ssh/parse-allowed-signers.ts';
import { parseRevocationList } from '../../shared/signatures/ssh/parse-revocation-list.ts';

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
  try {
    const location = resolve(folder, path);
    const { size } = await stat(location);
    if (size > MAX_SSH_FILE_BYTES) throw unreadable(`The file is larger than ${MAX_SSH_FILE_BYTES} bytes. Split it.`);
    return parse(await readFile(location));
  } catch (error) {
    if (error instanceof HeadlockError) throw unreadable(`${path}: ${error.message}`, error);
    const reason = error instanceof Error && 'code' in error ? String(error.code) : null;
    if (reason === null) throw error;
    throw unreadable(`${path} cannot be read (${reason}). It is looked for beside the policy.`, error);
  }
}

function unreadable(message: string, cause?: unknown): HeadlockError {
  return new HeadlockError('unreadable_ssh_file', message, { kind: 'input', cause });
}
