import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { HeadlockError } from '../../../shared/model/headlock-error.ts';

/** What the assembly is made from: other files change nothing in it. */
const SOURCES = ['{infra/aws,functions,shared}/**', 'package-lock.json'];

/** An assembly has 3 MB, and one of another state of the sources may be running. */
const MAX_KEPT = 3;

const UNFINISHED = 'unfinished-';

/** Far longer than an assembly is in the making: what was cut off stays behind so long. */
const ABANDONED_MILLISECONDS = 3_600_000;

/**
 * Synthesizes `infra/aws/app.ts` of a project, offline and without the CDK's command line. The result is kept by the
 * content of its sources, so that the next start finds it.
 *
 * @returns the folder of the cloud assembly.
 * @throws HeadlockError `synthesis_failed`
 */
export async function synthesize(project: string): Promise<string> {
  const cache = join(project, 'node_modules', '.cache', 'headlock');
  const assembly = join(cache, hashSources(project));
  if (markUsed(assembly)) return assembly;
  dropOldest(cache);
  mkdirSync(cache, { recursive: true });
  const unfinished = mkdtempSync(join(cache, UNFINISHED));
  try {
    await runApp(project, unfinished);
    renameSync(unfinished, assembly);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
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

function hashSources(project: string): string {
  const hash = createHash('sha256');
  for (const file of globSync(SOURCES, { cwd: project }).sort()) {
    if (statSync(join(project, file)).isDirectory()) continue;
    const content = readFileSync(join(project, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/** The latest to be used is the last to be dropped. @returns false where it is not there. */
function markUsed(assembly: string): boolean {
  try {
    utimesSync(assembly, new Date(), new Date());
    return true;
  } catch {
    return false;
  }
}

/** Leaves room for one more. Other processes work in this folder too: what they are making stays, and what they took is gone. */
function dropOldest(cache: string): void {
  const folders = globSync(join(cache, '*')).flatMap((path) => {
    const made = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
    return made === undefined ? [] : [{ path, made, isUnfinished: basename(path).startsWith(UNFINISHED) }];
  });
  const abandoned = folders.filter((one) => one.isUnfinished && one.made < Date.now() - ABANDONED_MILLISECONDS);
  const finished = folders.filter((one) => !one.isUnfinished).sort((a, b) => b.made - a.made);
  for (const { path } of [...abandoned, ...finished.slice(MAX_KEPT - 1)])
    rmSync(path, { recursive: true, force: true });
}
