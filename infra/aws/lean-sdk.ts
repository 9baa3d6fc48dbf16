import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

/**
 * Modules of the SDK that a function has no use for, and what stands in for them. Both would be loaded, or run, at each
 * cold start.
 */
const REPLACED: Readonly<Record<string, string>> = {
  // Lambda hands credentials over in the environment, where the default chain looks first. Without the rest of it (SSO,
  // files, web identity) there is nothing that brings STS and its XML along.
  '@aws-sdk/credential-provider-node': `
    import { fromEnv } from '@aws-sdk/credential-provider-env';
    export const defaultProvider = () => fromEnv();`,
  // Of endpoint discovery, which only Timestream has among those that the DynamoDB client could ask.
  '@aws-sdk/endpoint-cache': 'export class EndpointCache {}',
};

/**
 * Errors that somebody tells from others by their class, or that the SDK retries for what their class says. Any other is
 * of its service's base class, as errors are that the SDK does not know, and has its name, message and status code.
 */
export const KEPT_ERRORS: ReadonlySet<string> = new Set([
  'ConditionalCheckFailedException',
  'InvalidCiphertextException',
  'ReplicatedWriteConflictException',
]);

const REGISTRATION = /^n0_registry\.registerError\((\w+)\$, \1\);$/gm;

/** Leaves out of the bundled SDK what is for other machines, and the classes of errors that nobody looks at. */
export const leanSdk: Plugin = {
  name: 'lean-sdk',
  setup(build) {
    const replaced = new RegExp(`^(?:${Object.keys(REPLACED).join('|')})$`);
    build.onResolve({ filter: replaced }, ({ path, resolveDir }) => ({
      path,
      namespace: 'lean-sdk',
      pluginData: resolveDir,
    }));
    build.onLoad({ filter: /.*/, namespace: 'lean-sdk' }, ({ path, pluginData }) => ({
      contents: REPLACED[path] ?? '',
      resolveDir: pluginData,
      loader: 'js',
    }));
    build.onLoad({ filter: /@aws-sdk\/client-[\w-]+\/dist-es\/schemas\/schemas_0\.js$/ }, async ({ path }) => ({
      contents: dropErrors(await readFile(path, 'utf8'), path),
      loader: 'js',
    }));
    // Each client reads its own version, and would bring the whole file.
    build.onLoad({ filter: /@aws-sdk\/client-[\w-]+\/package\.json$/ }, async ({ path }) => {
      const { version } = JSON.parse(await readFile(path, 'utf8'));
      return { contents: JSON.stringify({ version }), loader: 'json' };
    });
  },
};

/** @throws Error where the SDK is written in another way, so that nobody believes in what is no longer left out. */
function dropErrors(source: string, path: string): string {
  const lean = source.replaceAll(REGISTRATION, (line, name: string) => (KEPT_ERRORS.has(name) ? line : ''));
  if (lean === source)
    throw new Error(`${path} registers no error as it used to. See what infra/aws/lean-sdk.ts expects.`);
  return lean;
}
