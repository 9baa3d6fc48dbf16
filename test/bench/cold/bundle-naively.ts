import { join } from 'node:path';
import { build } from 'esbuild';

/** Without it CommonJS in an ES bundle finds no `require`: what whoever meets that finds first. */
const BANNER = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`;

/** The naive handler in one minified file, as esbuild makes it where little is said of how. */
export async function bundleNaively(folder: string): Promise<{ readonly file: string; readonly staticBytes: number }> {
  const file = join(folder, 'handler.mjs');
  const { metafile } = await build({
    entryPoints: [join(import.meta.dirname, 'naive-handler.ts')],
    outfile: file,
    bundle: true,
    format: 'esm',
    platform: 'node',
    banner: { js: BANNER },
    target: 'node24',
    minify: true,
    metafile: true,
    logLevel: 'error',
  });
  return { file, staticBytes: Object.values(metafile.outputs).reduce((sum, { bytes }) => sum + bytes, 0) };
}
