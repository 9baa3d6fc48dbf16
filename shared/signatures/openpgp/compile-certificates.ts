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
import { hasOldRevocation } from './old-revocation.ts';
import { readPacket } from './packet.ts';
import { type KeyFile, readKeyFile } from './read-key-file.ts';

/** Raised whenever the same certificate compiles to something else, so that nobody takes former records for what it gives now. */
export const COMPILER_VERSION = 7;

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
  const read = files.map(readBounded).map(({ certificates, problems }) => {
    return { problems, copies: certificates.map((bytes): Copy => ({ bytes, outcome: [] })) };
  });
  await judgeCopies(read.flatMap(({ copies }) => copies));
  return read.map(({ copies, problems: unread }) => {
    const problems = [...unread];
    const distinct = new Set<readonly OpenPgpKey[]>();
    for (const [index, { outcome }] of copies.entries()) {
      if (typeof outcome !== 'string') distinct.add(outcome);
      else problems.push(`Certificate ${index + 1} of the file cannot be read: ${outcome}.`);
    }
    return { keys: [...distinct].flat(), problems: [...problems, ...[...distinct].flatMap(whyNobodySigns)] };
  });
}

/** A certificate as it stands in a file. */
interface Copy {
  readonly bytes: Uint8Array;
  /** What it compiles to, with all other copies the same, or why it cannot be read. */
  outcome: readonly OpenPgpKey[] | string;
}

function readBounded(file: Uint8Array): KeyFile {
  if (file.length <= MAX_KEY_FILE_BYTES) return readKeyFile(file);
  const problem = `The file is longer than ${MAX_KEY_FILE_BYTES} bytes; give each signatory a file of their own.`;
  return { certificates: [], problems: [problem] };
}

/** What cannot be read spoils no other certificate; of its own it may be the copy that says what was revoked. */
async function judgeCopies(all: readonly Copy[]): Promise<void> {
  for (const copies of Map.groupBy(all, ({ bytes }) => readPrimary(bytes).toString('latin1')).values()) {
    const readable: Key[] = [];
    for (const copy of copies) {
      const certificate = await attempt(() => readCertificate(copy.bytes));
      copy.outcome = typeof certificate === 'string' ? certificate : 'another copy of it cannot be read';
      if (typeof certificate !== 'string') readable.push(certificate);
    }
    const [first, ...others] = readable;
    if (first === undefined || readable.length < copies.length) continue;
    const outcome = await attempt(() => judgeCertificate([first, ...others]));
    for (const copy of copies) copy.outcome = outcome;
  }
}

/** @returns what is wrong where it fails. */
async function attempt<T>(work: () => Promise<T>): Promise<T | string> {
  try {
    return await work();
  } catch (error) {
    return describeProblem(error);
  }
}

async function readCertificate(bytes: Uint8Array): Promise<Key> {
  const { readKey } = await loadOpenPgp();
  const certificate = await readKey({ binaryKey: bytes });
  // Another spelling of the same numbers would be a copy that is not found to be one.
  if (!readPrimary(bytes).equals(certificate.keyPacket.write())) {
    throw new MalformedError('its primary key is not written as it should be');
  }
  // Trust rule 3.3: what cannot be read must not undo a revocation.
  if (hasOldRevocation(bytes, certificate.getKeyID().toHex())) {
    throw new MalformedError('a signature of version 3 revokes it or a part of it, which Headlock does not read');
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
  const openpgp: typeof import('openpgp') = await import(
    pathToFileURL(join(dirname(nodeBuild), '..', 'openpgp.min.mjs')).href
  );
  // Statements over RIPEMD-160 are judged beside it: gpg goes by them.
  openpgp.config.rejectHashAlgorithms = new Set([openpgp.enums.hash.md5]);
  return openpgp;
}

function whyNobodySigns(keys: readonly OpenPgpKey[]): string[] {
  if (keys.some(({ signing, spki }) => signing && spki !== null)) return [];
  const why = keys.map(({ fingerprint, unusable }) => `${fingerprint.toUpperCase()}: ${unusable ?? 'may not sign'}`);
  return [`No key of this certificate can sign commits (${why.join('; ')}).`];
}
