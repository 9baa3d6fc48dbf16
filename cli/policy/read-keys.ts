import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { MAX_KEY_FILE_BYTES } from '../../shared/model/limits.ts';
import type { OpenPgpKey } from '../../shared/model/signatory.ts';
import type { CompileKeyFiles } from './certificate-cache.ts';

export interface ReadKeys {
  readonly keys: readonly OpenPgpKey[];
  /** One sentence each, naming the file as the policy does. */
  readonly complaints: readonly string[];
}

/**
 * Reads and compiles what the signatories of one repository name: paths as the policy writes them, each a file or a folder of
 * files. They are compiled together: of several copies of a certificate none says alone what counts (trust rule 2.2).
 * @returns what each path holds
 */
export async function readKeys(
  paths: readonly string[],
  policyFolder: string,
  compile: CompileKeyFiles,
): Promise<ReadonlyMap<string, ReadKeys>> {
  const read = await Promise.all(
    [...new Set(paths)].map(async (path) => [path, await readPath(resolve(policyFolder, path), path)] as const),
  );
  const files = read.flatMap(([, contents]) => contents.filter((one) => typeof one !== 'string'));
  const compiled = await compile(files.map(({ bytes }) => bytes));
  const byFile = new Map(files.map((file, index) => [file, compiled[index]]));
  return new Map(
    read.map(([path, contents]) => [
      path,
      {
        keys: contents.flatMap((one) => (typeof one === 'string' ? [] : (byFile.get(one)?.keys ?? []))),
        complaints: contents.flatMap((one) =>
          typeof one === 'string' ? [one] : (byFile.get(one)?.problems ?? []).map((each) => `${one.name}: ${each}`),
        ),
      },
    ]),
  );
}

interface KeyFile {
  /** As people are told. */
  readonly name: string;
  readonly bytes: Buffer;
}

/** A file, or a folder's files, links followed, hidden ones and folders left out; a sentence in place of what cannot be read. */
async function readPath(location: string, name: string): Promise<readonly (KeyFile | string)[]> {
  const found = await stat(location).catch(() => null);
  if (found === null) return [`There is no file or folder ${name} (it is looked for beside the policy).`];
  if (!found.isDirectory()) return [await readKeyFile(location, name)];
  const entries = (await readdir(location)).filter((entry) => !entry.startsWith('.')).toSorted();
  const isFile = await Promise.all(
    entries.map(async (entry) => (await stat(join(location, entry)).catch(() => null))?.isFile()),
  );
  const files = entries.filter((_, at) => isFile[at] === true);
  return Promise.all(files.map((entry) => readKeyFile(join(location, entry), join(name, entry))));
}

async function readKeyFile(location: string, name: string): Promise<KeyFile | string> {
  try {
    const { size } = await stat(location);
    if (size > MAX_KEY_FILE_BYTES) return `${name}: The file is larger than ${MAX_KEY_FILE_BYTES} bytes. Split it.`;
    return { name, bytes: await readFile(location) };
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : null;
    if (reason === null) throw error;
    return `${name}: The file cannot be read (${reason}).`;
  }
}
