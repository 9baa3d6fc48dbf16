import { access, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HeadlockError } from '../../shared/model/headlock-error.ts';

/** @throws HeadlockError `file_exists` where one of the files is there and may not be overwritten */
export async function assertAbsent(paths: readonly string[], { force }: { readonly force: boolean }): Promise<void> {
  if (force) return;
  for (const path of paths) {
    if (!(await exists(path))) continue;
    const message = `${path} exists already, and nothing was written. Write another file with -f, or overwrite it with --force.`;
    throw new HeadlockError('file_exists', message, { kind: 'input' });
  }
}

/**
 * Writes files below a folder, all or none: nothing that is there is overwritten, unless it is asked for.
 * @param files - contents by path
 * @throws HeadlockError `file_exists`
 */
export async function writeNewFiles(
  folder: string,
  files: ReadonlyMap<string, string>,
  options: { readonly force: boolean },
): Promise<void> {
  const located = [...files].map(([path, content]) => ({ path: join(folder, path), content }));
  await assertAbsent(
    located.map(({ path }) => path),
    options,
  );
  for (const { path, content } of located) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content, { flag: options.force ? 'w' : 'wx' });
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
