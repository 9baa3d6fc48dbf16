import type { Metafile } from 'esbuild';

/** Bytes of an output and of all that it imports statically: what a cold start reads. What is imported on demand does not count. */
export function countStaticBytes({ outputs }: Metafile, entry: string): number {
  const reached = new Set<string>();
  const pending = [entry];
  for (let output = pending.pop(); output !== undefined; output = pending.pop()) {
    if (reached.has(output)) continue;
    reached.add(output);
    for (const { path, kind, external } of outputs[output]?.imports ?? []) {
      if (kind === 'import-statement' && external !== true) pending.push(path);
    }
  }
  return [...reached].reduce((sum, output) => sum + (outputs[output]?.bytes ?? 0), 0);
}
