import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { FUNCTION_NAMES, type FunctionName } from './function-names.ts';
import { inlineOpenApi } from './inline-openapi.ts';
import { lazyBuiltinModules } from './lazy-builtin-modules.ts';
import { leanSdk } from './lean-sdk.ts';
import { noNativeModules } from './no-native-modules.ts';
import { listStaticOutputs } from './static-outputs.ts';
import { wholeStaticPart } from './whole-static-part.ts';

/** A function's code as it is deployed. */
export interface FunctionBundle {
  /** Holds `handler.mjs` and the chunks that it imports. */
  readonly folder: string;
  /** The files that went into it, relative to the project. */
  readonly inputs: readonly string[];
  /** The modules that it expects to find where it runs. */
  readonly imports: readonly string[];
  /** `handler.mjs` and the chunks that it imports statically: what a cold start reads. */
  readonly staticFiles: readonly string[];
  readonly staticBytes: number;
}

const PROJECT = join(import.meta.dirname, '..', '..');

/**
 * Bundles `functions/<name>/handler.ts` into `folder`, the AWS SDK included, so that what is deployed is what was tested.
 * The same sources give the same bytes on every machine.
 *
 * @throws esbuild's BuildFailure, which names file and line.
 */
export async function bundleFunction(name: FunctionName, folder: string): Promise<FunctionBundle> {
  const source = `functions/${name}/handler.ts`;
  const { metafile } = await build({
    absWorkingDir: PROJECT,
    entryPoints: [{ in: source, out: 'handler' }],
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // The SDK's ES modules can be split and shaken, its CommonJS cannot.
    mainFields: ['module', 'main'],
    // Keeps what a cold start does not need (credential providers, say) off the static path.
    splitting: true,
    minify: true,
    legalComments: 'none',
    metafile: true,
    logLevel: 'silent',
    plugins: [lazyBuiltinModules, noNativeModules, leanSdk, inlineOpenApi, wholeStaticPart(PROJECT, source)],
    // What ssh2 brings as WebAssembly looks for its folder, and then holds all that it needs.
    define: { __dirname: '"."' },
  });
  const [entry = ''] = Object.keys(metafile.outputs).filter((output) => output.endsWith('/handler.mjs'));
  const outputs = listStaticOutputs(metafile, entry);
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports.filter((each) => each.external));
  return {
    folder,
    inputs: Object.keys(metafile.inputs).sort(),
    imports: [...new Set(imports.map(({ path }) => path))].sort(),
    staticFiles: outputs.map((output) => basename(output)),
    staticBytes: outputs.reduce((sum, output) => sum + (metafile.outputs[output]?.bytes ?? 0), 0),
  };
}

/** Bundles all functions, each into a folder of its own name in `folder`. */
export async function bundleFunctions(folder: string): Promise<Record<FunctionName, FunctionBundle>> {
  const bundles = FUNCTION_NAMES.map(async (name) => [name, await bundleFunction(name, join(folder, name))] as const);
  return Object.fromEntries(await Promise.all(bundles)) as Record<FunctionName, FunctionBundle>;
}
