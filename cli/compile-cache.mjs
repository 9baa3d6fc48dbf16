// Plain JavaScript: the first TypeScript that Node reads is to be found in the cache too.
import { lstatSync, mkdirSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/**
 * Keeps compiled code for the next start. Where it cannot be kept, that costs time and no more.
 * @param {string} base - `XDG_CACHE_HOME`, or ''
 */
export function keepCompiledCode(base) {
  try {
    const folder = join(isAbsolute(base) ? base : join(homedir(), '.cache'), 'headlock', 'code');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { uid, mode } = lstatSync(folder);
    // What is kept there is run: nobody else may have put it there.
    if (uid === process.getuid() && (mode & 0o077) === 0) enableCompileCache(folder);
  } catch {
    // A folder that cannot be written, say.
  }
}
