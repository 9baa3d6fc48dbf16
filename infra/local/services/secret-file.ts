import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { z } from 'zod';

/** @returns null where there is no such file. */
export function readSecretFile<Value>(path: string, schema: z.ZodType<Value>): Value | null {
  return existsSync(path) ? schema.parse(JSON.parse(readFileSync(path, 'utf8'))) : null;
}

/** Replaces the file in one step, readable by its owner alone, on disk before it returns: a crash leaves the old file or the new one. */
export function writeSecretFile(path: string, value: unknown): void {
  const temporary = `${path}.new`;
  writeFileSync(temporary, JSON.stringify(value), { mode: 0o600, flush: true });
  renameSync(temporary, path);
}
