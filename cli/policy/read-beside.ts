import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { HeadlockError } from '../../shared/model/headlock-error.ts';

/** Of whoever reads: how its errors are called, and how much it takes. */
export interface ReadBounds {
  readonly code: string;
  readonly maxBytes: number;
  /** What to do with a file that is larger. */
  readonly advice?: string;
}

/** Reads a file that a policy names, from the policy's own folder on. @throws HeadlockError of `code` */
export async function readBeside(
  folder: string,
  path: string,
  { code, maxBytes, advice }: ReadBounds,
): Promise<Buffer> {
  const unreadable = (message: string, cause?: unknown) => new HeadlockError(code, message, { kind: 'input', cause });
  try {
    const location = resolve(folder, path);
    const { size } = await stat(location);
    if (size > maxBytes) throw unreadable([`${path} is larger than ${maxBytes} bytes.`, advice ?? ''].join(' ').trim());
    return await readFile(location);
  } catch (error) {
    if (error instanceof HeadlockError) throw error;
    const reason = error instanceof Error && 'code' in error ? String(error.code) : null;
    if (reason === null) throw error;
    throw unreadable(`${path} cannot be read (${reason}). It is looked for beside the policy.`, error);
  }
}
