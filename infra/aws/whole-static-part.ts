import { relative } from 'node:path';
import type { Plugin } from 'esbuild';

const NAMESPACE = 'on-demand';

/**
 * Keeps what a function loads at once in one chunk. Split by who shares what with which module on demand it would come in a
 * dozen, and each costs a cold start most of a millisecond: so every module on demand is said to need all of it. What those
 * export by default is lost: nothing here does.
 * @param project - the folder of all sources, absolute
 * @param entry - the function's module, relative to it
 */
export function wholeStaticPart(project: string, entry: string): Plugin {
  // The project may itself be installed somewhere.
  const isInstalled = (path: string) => relative(project, path).includes('node_modules');
  return {
    name: 'whole-static-part',
    setup(build) {
      build.onResolve({ filter: /^\.\.?\// }, async ({ path, kind, importer, resolveDir, namespace }) => {
        if (kind !== 'dynamic-import' || namespace !== 'file' || isInstalled(importer)) return undefined;
        const { path: target, errors } = await build.resolve(path, { kind: 'import-statement', importer, resolveDir });
        // Paths of this machine would change what chunks are called.
        return { path: relative(project, target), namespace: NAMESPACE, errors };
      });
      build.onLoad({ filter: /.*/, namespace: NAMESPACE }, ({ path }) => ({
        contents: `import './${entry}'; export * from './${path}';`,
        resolveDir: project,
        loader: 'js',
      }));
    },
  };
}
