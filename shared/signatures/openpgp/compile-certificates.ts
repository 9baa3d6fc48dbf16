import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MAX_KEY_FILE_BYTES } from '../../model/limits.ts';
import type { OpenPgpKey } from '../../model/signatory.ts';
import { describeProblem } from './describe-problem.ts';
import { judgeCertificate } from './judge-certificate.ts';
import { readKeyFile } from './read-key-file.ts';

/** Raised whenever the same certificate compiles to something else, so that nobody takes former records for what it gives now. */
export const COMPILER_VERSION = 1;

export interface CompiledCertificates {
  readonly keys: readonly OpenPgpKey[];
  /** What in the file could not be read or lets nobody sign, one sentence each. */
  readonly problems: readonly string[];
}

/**
 * Judges the OpenPGP certificates of a file, one or many, armored or binary, and compiles them to the records that the verify
 * path reads (trust rule 2.2). Expired and revoked keys are compiled too, so that a refusal can say what is wrong.
 */
export async function compileCertificates(file: Uint8Array): Promise<CompiledCertificates> {
  if (file.length > MAX_KEY_FILE_BYTES) {
    return {
      keys: [],
      problems: [`The file is longer than ${MAX_KEY_FILE_BYTES} bytes; give each signatory a file of their own.`],
    };
  }
  const { certificates, problems: unread } = readKeyFile(file);
  const keys: OpenPgpKey[] = [];
  const problems = [...unread];
  for (const [index, certificate] of certificates.entries()) {
    try {
      const compiled = await compileCertificate(certificate);
      keys.push(...compiled);
      problems.push(...whyNobodySigns(compiled));
    } catch (error) {
      problems.push(`Certificate ${index + 1} of the file cannot be read: ${describeProblem(error)}.`);
    }
  }
  return { keys, problems };
}

async function compileCertificate(certificate: Uint8Array): Promise<OpenPgpKey[]> {
  const { readKey } = await loadOpenPgp();
  return judgeCertificate(await readKey({ binaryKey: certificate }));
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
