import type { Metafile } from 'esbuild';

/** An output and all that it imports statically: what a cold start reads. What is imported on demand is not among them. */
export function listStaticOutputs({ outputs }: Metafile, entry: string): readonly string[] {
  const reached = new Set<string>();
  const pending = [entry];
  for (let output = pending.pop(); output !== undefined; output = pending.pop()) {
    if (reached.has(output)) continue;
    reached.add(output);
    for (const { path, kind, external } of outputs[output]?.imports ?? []) {
      if (kind === 'import-statement' && external !== true) pending.push(path);
    }
  }
  return [...reached];
}
