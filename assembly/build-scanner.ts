import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { main } from 'assemblyscript/asc';

const PROJECT = join(import.meta.dirname, '..');
const SOURCES = join(import.meta.dirname, 'scanner');
const MODULE = join(PROJECT, 'shared', 'git', 'scanner-module.ts');

/** Compiles the module that reads packs from its AssemblyScript sources. @throws Error with the compiler's messages */
export async function buildScanner(): Promise<Uint8Array> {
  let module: Uint8Array | null = null;
  const options = ['--runtime', 'stub', '--use', 'abort=', '-O3', '--converge', '--noAssert'];
  const memory = ['--initialMemory', '16', '--maximumMemory', '16'];
  const { error, stderr } = await main(['scan-entries.ts', '--outFile', 'module', ...options, ...memory], {
    readFile: (name) => readSource(name),
    writeFile: (_name, contents) => {
      module = contents as Uint8Array;
    },
    listFiles: () => null,
  });
  if (error !== null || module === null) throw new Error(`The scanner does not compile.\n${stderr.toString()}`);
  return module;
}

/** Null for a place where the compiler looks in vain. */
function readSource(name: string): string | null {
  if (name === 'unavoidable-conditions.ts') return readConditions();
  try {
    return readFileSync(join(SOURCES, name), 'utf8');
  } catch {
    return null;
  }
}

/** The one list of conditions, on words in memory: `remainingVectors` takes their address. */
function readConditions(): string {
  return readFileSync(join(PROJECT, 'shared', 'git', 'sha1', 'unavoidable-conditions.ts'), 'utf8')
    .replace('(w: Readonly<Int32Array>): number', '(w: usize): i32')
    .replaceAll(/w\[(\d+)\] as number/g, (_, word: string) => `load<i32>(w, ${4 * Number(word)})`)
    .replace('let remaining = -1', 'let remaining: i32 = -1');
}

/** The source text that holds a module. */
export function writeModule(module: Uint8Array): string {
  const base64 = Buffer.from(module).toString('base64');
  return `/** Compiled from assembly/scanner by \`npm run build:scanner\`. */\nexport const SCANNER_MODULE =\n  '${base64}';\n`;
}

if (import.meta.main) writeFileSync(MODULE, writeModule(await buildScanner()));
