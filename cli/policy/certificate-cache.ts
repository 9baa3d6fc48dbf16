import { hash, randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import manifest from '../../package.json' with { type: 'json' };
import {
  COMPILER_VERSION,
  type CompiledCertificates,
  compileKeyFiles,
} from '../../shared/signatures/openpgp/compile-certificates.ts';

export type CompileKeyFiles = typeof compileKeyFiles;

const DIGEST_DIGITS = 64;
const OTHERS = 0o077;
/** Not through a link: whoever may place one says what is read. */
const { O_RDONLY, O_NOFOLLOW } = constants;

/**
 * Compiles key files, or finds in `folder` what the same files gave before. What is found decides who is trusted, so only
 * a folder and files count that belong to this user and that nobody else may read or write. Whatever is wrong with them, or
 * hinders writing, costs time and no more.
 */
export function createCachedCompiler(folder: string): CompileKeyFiles {
  let isUsable: boolean | undefined;
  return async (files) => {
    if (files.length > 0) isUsable ??= makePrivate(folder);
    if (isUsable !== true) return compileKeyFiles(files);
    const path = join(folder, `${nameEntry(files)}.json`);
    const found = readEntry(path);
    if (found !== null) return found;
    const compiled = await compileKeyFiles(files);
    writeEntry(path, compiled);
    return compiled;
  };
}

/** By everything that decides what compiling gives. */
function nameEntry(files: readonly Uint8Array[]): string {
  const makers = [manifest.version, manifest.dependencies.openpgp, COMPILER_VERSION];
  return hash('sha256', [...makers, ...files.map((file) => hash('sha256', file, 'hex'))].join(' '), 'hex');
}

function makePrivate(folder: string): boolean {
  try {
    mkdirSync(dirname(folder), { recursive: true, mode: 0o700 });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const found = lstatSync(folder);
    return found.isDirectory() && isPrivate(found);
  } catch {
    return false;
  }
}

function isPrivate({ uid, mode }: { readonly uid: number; readonly mode: number }): boolean {
  return uid === process.getuid?.() && (mode & OTHERS) === 0;
}

/** Null where there is none that may be used. Each starts with the digest of its rest, which a cut or a mixture does not have. */
function readEntry(path: string): readonly CompiledCertificates[] | null {
  try {
    const file = openSync(path, O_RDONLY | O_NOFOLLOW);
    try {
      const found = fstatSync(file);
      if (!found.isFile() || !isPrivate(found)) return null;
      const text = readFileSync(file, 'utf8');
      const json = text.slice(DIGEST_DIGITS);
      return text.startsWith(hash('sha256', json, 'hex')) ? JSON.parse(json) : null;
    } finally {
      closeSync(file);
    }
  } catch {
    return null;
  }
}

function writeEntry(path: string, compiled: readonly CompiledCertificates[]): void {
  const json = JSON.stringify(compiled);
  const draft = `${path}.${randomUUID()}`;
  try {
    writeFileSync(draft, hash('sha256', json, 'hex') + json, { mode: 0o600, flag: 'wx' });
    renameSync(draft, path);
  } catch {
    // A full disk, say.
  }
}
