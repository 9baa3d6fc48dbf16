import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Key } from 'openpgp';
import { MAX_KEY_FILE_BYTES } from '../../model/limits.ts';
import type { OpenPgpKey } from '../../model/signatory.ts';
import { ByteReader } from '../byte-reader.ts';
import { MalformedError } from '../malformed-error.ts';
import { describeProblem } from './describe-problem.ts';
import { judgeCertificate } from './judge-certificate.ts';
import { readPacket } from './packet.ts';
import { type KeyFile, readKeyFile } from './read-key-file.ts';

/** Raised whenever the same certificate compiles to something else, so that nobody takes former records for what it gives now. */
export const COMPILER_VERSION = 3;

export interface CompiledCertificates {
  readonly keys: readonly OpenPgpKey[];
  /** What in the file could not be read or lets nobody sign, one sentence each. */
  readonly problems: readonly string[];
}

/** Compiles the certificates of one file, as `compileKeyFiles` does. */
export async function compileCertificates(file: Uint8Array): Promise<CompiledCertificates> {
  const [compiled = { keys: [], problems: [] }] = await compileKeyFiles([file]);
  return compiled;
}

/**
 * Judges the OpenPGP certificates of files, one or many in each, armored or binary, and compiles them to the records that the
 * verify path reads (trust rule 2.2). Copies of one certificate are judged as one, whichever files they stand in: all files of
 * a repository's policy belong in one call. Expired and revoked keys are compiled too, so that a refusal can say what is wrong.
 * @returns what each file holds, in the order of the files
 */
export async function compileKeyFiles(files: readonly Uint8Array[]): Promise<readonly CompiledCertificates[]> {
  const read = files.map(readBounded);
  const judged = await judgeCertificates(read.flatMap(({ certificates }) => certificates));
  return read.map(({ certificates, problems: unread }) => {
    const problems = [...unread];
    const distinct = new Set<readonly OpenPgpKey[]>();
    for (const [index, certificate] of certificates.entries()) {
      const found = judged.get(certificate) ?? [];
      if (typeof found === 'string') problems.push(`Certificate ${index + 1} of the file cannot be read: ${found}.`);
      else distinct.add(found);
    }
    return { keys: [...distinct].flat(), problems: [...problems, ...[...distinct].flatMap(whyNobodySigns)] };
  });
}

function readBounded(file: Uint8Array): KeyFile {
  if (file.length <= MAX_KEY_FILE_BYTES) return readKeyFile(file);
  const problem = `The file is longer than ${MAX_KEY_FILE_BYTES} bytes; give each signatory a file of their own.`;
  return { certificates: [], problems: [problem] };
}

/** What each certificate compiles to, its copies to the same records, or why it cannot be read, which spoils no copy of it. */
async function judgeCertificates(
  certificates: readonly Uint8Array[],
): Promise<ReadonlyMap<Uint8Array, readonly OpenPgpKey[] | string>> {
  const judged = new Map<Uint8Array, readonly OpenPgpKey[] | string>();
  for (const copies of Map.groupBy(certificates, (one) => readPrimary(one).toString('latin1')).values()) {
    const readable = new Map<Uint8Array, Key>();
    for (const copy of copies) {
      try {
        readable.set(copy, await readCertificate(copy));
      } catch (error) {
        judged.set(copy, describeProblem(error));
      }
    }
    const [first, ...others] = readable.values();
    const keys = first === undefined ? [] : await judgeCertificate([first, ...others]);
    for (const copy of readable.keys()) judged.set(copy, keys);
  }
  return judged;
}

async function readCertificate(bytes: Uint8Array): Promise<Key> {
  const { readKey } = await loadOpenPgp();
  const certificate = await readKey({ binaryKey: bytes });
  // Another spelling of the same numbers would be a copy that is not found to be one.
  if (!readPrimary(bytes).equals(certificate.keyPacket.write())) {
    throw new MalformedError('its primary key is not written as it should be');
  }
  return certificate;
}

/** The body of its first packet, which is the same in each copy. */
function readPrimary(certificate: Uint8Array): Buffer {
  return Buffer.from(readPacket(new ByteReader(certificate)).body);
}

/**
 * openpgp.js in its browser build: its Node build cannot do Brainpool curves (architecture, part 5). The package exports the
 * latter alone, so the former is found beside it.
 */
async function loadOpenPgp(): Promise<typeof import('openpgp')> {
  const nodeBuild = createRequire(import.meta.url).resolve('openpgp');
  return import(pathToFileURL(join(dirname(nodeBuild), '..', 'openpgp.min.mjs')).href);
}

function whyNobodySigns(keys: readonly OpenPgpKey[]): string[] {
  if (keys.some(({ signing, spki }) => signing && spki !== null)) return [];
  const why = keys.map(({ fingerprint, unusable }) => `${fingerprint.toUpperCase()}: ${unusable ?? 'may not sign'}`);
  return [`No key of this certificate can sign commits (${why.join('; ')}).`];
}
