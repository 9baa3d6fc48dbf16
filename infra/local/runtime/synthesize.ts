import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { HeadlockError } from '../../../shared/model/headlock-error.ts';

/** What the assembly is made from: other files change nothing in it. */
const SOURCES = ['infra/aws', 'functions', 'shared', 'package-lock.json'];

/**
 * Synthesizes `infra/aws/app.ts` of a project, offline and without the CDK's command line. The result is kept by the
 * content of its sources, so that the next start finds it.
 *
 * @returns the folder of the cloud assembly.
 * @throws HeadlockError `synthesis_failed`
 */
export async function synthesize(project: string): Promise<string> {
  const cache = join(project, 'node_modules', '.cache', 'headlock');
  const assembly = join(cache, await hashSources(project));
  if (existsSync(assembly)) return assembly;
  await mkdir(cache, { recursive: true });
  const unfinished = await mkdtemp(join(cache, 'unfinished-'));
  try {
    await runApp(project, unfinished);
    await rename(unfinished, assembly);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // Another process may have been faster with the same sources.
    if (!existsSync(assembly)) throw error;
  }
  return assembly;
}

async function runApp(project: string, folder: string): Promise<void> {
  const app = join(project, 'infra', 'aws', 'app.ts');
  try {
    await promisify(execFile)(process.execPath, [app], { cwd: project, env: { CDK_OUTDIR: folder } });
  } catch (cause) {
    const output = cause instanceof Error && 'stderr' in cause ? String(cause.stderr) : String(cause);
    // esbuild's own lines say more than the error that it throws.
    const reason = (/^.* ERROR: .*$/m.exec(output) ?? /^\w*Error\b.*$/m.exec(output))?.[0] ?? 'no reason was given';
    const message = `The stacks cannot be synthesized: ${reason}. Run \`npm ci\`, then \`npm run synth\`, which shows all of it.`;
    throw new HeadlockError('synthesis_failed', message, { kind: 'configuration', cause });
  }
}

async function hashSources(project: string): Promise<string> {
  const hash = createHash('sha256');
  for (const source of SOURCES) {
    for (const file of await listFiles(project, source)) {
      const content = await readFile(join(project, file));
      hash.update(`${file}\0${content.length}\0`).update(content);
    }
  }
  return hash.digest('hex');
}

async function listFiles(project: string, path: string): Promise<readonly string[]> {
  if ((await stat(join(project, path))).isFile()) return [path];
  const entries = await readdir(join(project, path), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(project.length + 1))
    .sort();
}
