import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { DEFAULT_INSTALLATION, INSTALLATION_CONTEXT } from '../../infra/aws/installation.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';

export type Context = Readonly<Record<string, unknown>>;

const CDK_JSON = z.object({ context: z.record(z.string(), z.unknown()).default({}) });

/** What `cdk.json` of the project says, and above it what was given. @throws HeadlockError `unreadable_context` */
export async function readContext(project: string, given: Context): Promise<Context> {
  const path = join(project, 'cdk.json');
  try {
    const { context } = CDK_JSON.parse(JSON.parse(await readFile(path, 'utf8')));
    return { ...context, ...given };
  } catch (cause) {
    const message = `${path} cannot be read: ${cause instanceof Error ? cause.message : cause}. Mend it, or take it from the repository again.`;
    throw new HeadlockError('unreadable_context', message, { kind: 'configuration', cause });
  }
}

export function installationOf(context: Context): string {
  return String(context[INSTALLATION_CONTEXT] ?? DEFAULT_INSTALLATION);
}

/**
 * Makes the stacks' templates and bundles in a folder, without an account and without network. What is shown is then what
 * is deployed.
 * @throws HeadlockError `unusable_context`, with a line for each problem of the context, or `synthesis_failed`
 */
export async function synthesizeStacks(project: string, context: Context, folder: string): Promise<void> {
  const app = join(project, 'infra', 'aws', 'app.ts');
  const env = { CDK_OUTDIR: folder, CDK_CONTEXT_JSON: JSON.stringify(context) };
  try {
    await promisify(execFile)(process.execPath, [app], { cwd: project, env, maxBuffer: 64 * 1024 * 1024 });
  } catch (cause) {
    const reason = findReason(cause);
    if (reason.includes('\n- ')) throw new HeadlockError('unusable_context', reason, { kind: 'configuration', cause });
    const message = `The stacks cannot be made. ${reason} \`npm ci\` brings what may be missing; \`npm run synth\` shows all that was said.`;
    throw new HeadlockError('synthesis_failed', message, { kind: 'configuration', cause });
  }
}

/** esbuild's own lines say more than the error that it throws; problems of the context are a line each. */
function findReason(error: unknown): string {
  const output = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
  const [built] = /^.* ERROR: .*$/m.exec(output) ?? [];
  const [thrown] = /^\w*Error\b.*(?:\n- .*)*$/m.exec(output) ?? [];
  return (built ?? thrown ?? 'No reason was given.').replace(/^Error: /, '').trim();
}
