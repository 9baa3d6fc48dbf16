import type { Plugin } from 'esbuild';

/**
 * Leaves out what was compiled for one machine alone. ssh2 looks for two such parts, which may or may not have been built
 * where the functions are bundled, and works without them.
 */
export const noNativeModules: Plugin = {
  name: 'no-native-modules',
  setup(build) {
    build.onResolve({ filter: /^cpu-features$|\.node$/ }, ({ path }) => ({ path, namespace: 'native-module' }));
    build.onLoad({ filter: /.*/, namespace: 'native-module' }, () => ({
      contents: `throw new Error('Native modules are not bundled.')`,
      loader: 'js',
    }));
  },
};
