import { builtinModules } from 'node:module';
import type { Plugin } from 'esbuild';

/** Importing these as ES modules reads every lazy getter of theirs and so loads undici: 26 ms of a cold start instead of 3. */
const COSTLY_AS_MODULES = new Set(['http', 'https']);

/**
 * Gets built-in modules from `process.getBuiltinModule` where an import would be costly, and where CommonJS in an ES
 * bundle calls `require`, which does not exist there.
 */
export const lazyBuiltinModules: Plugin = {
  name: 'lazy-builtin-modules',
  setup(build) {
    build.onResolve({ filter: /^(node:)?[a-z_]+(\/[a-z_]+)?$/ }, ({ path, kind }) => {
      const name = path.replace(/^node:/, '');
      if (!builtinModules.includes(name)) return undefined;
      if (kind !== 'require-call' && !COSTLY_AS_MODULES.has(name)) return undefined;
      return { path: name, namespace: 'lazy-builtin-module' };
    });
    build.onLoad({ filter: /.*/, namespace: 'lazy-builtin-module' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)})`,
      loader: 'js',
    }));
  },
};
