import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { MAX_KEY_FILE_BYTES } from '../../shared/model/limits.ts';
import type { OpenPgpKey } from '../../shared/model/signatory.ts';
import type { CompileCertificates } from './certificate-cache.ts';

export interface ReadKeys {
  readonly keys: readonly OpenPgpKey[];
  /** One sentence each, naming the file as the policy does. */
  readonly complaints: readonly string[];
}

/** Reads a path as the policy writes it: a file, or a folder of files. */
export type KeyReader = (path: string) => Promise<ReadKeys>;

/** Each path is read and compiled once, however many signatories name it. */
export function createKeyReader(policyFolder: string, compile: CompileCertificates): KeyReader {
  const known = new Map<string, Promise<ReadKeys>>();
  return (path) => {
    const reading = known.get(path) ?? readKeys(policyFolder, path, compile);
    known.set(path, reading);
    return reading;
  };
}

async function readKeys(policyFolder: string, path: string, compile: CompileCertificates): Promise<ReadKeys> {
  const files = await listFiles(resolve(policyFolder, path), path);
  if (files === null) {
    return { keys: [], complaints: [`There is no file or folder ${path} (it is looked for beside the policy).`] };
  }
  const read = await Promise.all(files.map((file) => readKeyFile(file, compile)));
  return { keys: read.flatMap(({ keys }) => keys), complaints: read.flatMap(({ complaints }) => complaints) };
}

interface KeyFile {
  readonly location: string;
  /** As people are told. */
  readonly name: string;
}

/** A folder's files, links followed, hidden ones and folders left out. Null where there is nothing at that path. */
async function listFiles(location: string, name: string): Promise<readonly KeyFile[] | null> {
  const found = await stat(location).catch(() => null);
  if (found === null) return null;
  if (!found.isDirectory()) return [{ location, name }];
  const entries = (await readdir(location)).filter((entry) => !entry.startsWith('.')).toSorted();
  const files = entries.map((entry) => ({ location: join(location, entry), name: join(name, entry) }));
  const isFile = await Promise.all(files.map(async (file) => (await stat(file.location).catch(() => null))?.isFile()));
  return files.filter((_, at) => isFile[at] === true);
}

async function readKeyFile({ location, name }: KeyFile, compile: CompileCertificates): Promise<ReadKeys> {
  try {
    const { size } = await stat(location);
    if (size > MAX_KEY_FILE_BYTES) {
      return { keys: [], complaints: [`${name}: The file is larger than ${MAX_KEY_FILE_BYTES} bytes. Split it.`] };
    }
    const { keys, problems } = await compile(await readFile(location));
    return { keys, complaints: problems.map((problem) => `${name}: ${problem}`) };
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : null;
    if (reason === null) throw error;
    return { keys: [], complaints: [`${name}: The file cannot be read (${reason}).`] };
  }
}
