import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { amiss, type Finding, ok } from '../finding.ts';

/** The packages that deploying needs and using Headlock does not. */
const NEEDED = ['aws-cdk', 'aws-cdk-lib', 'cdk-nag', 'constructs', 'esbuild'] as const;

const MANIFEST = z.object({ version: z.string() });
const PROJECT_MANIFEST = z.object({ devDependencies: z.record(z.string(), z.string()) });

/** Whether this Node runs Headlock, and the packages are those that the project pins. */
export async function checkTools(project: string): Promise<readonly Finding[]> {
  const wanted = PROJECT_MANIFEST.parse(await readJson(join(project, 'package.json'))).devDependencies;
  const problems: string[] = [];
  for (const name of NEEDED) {
    const found = await readVersion(join(project, 'node_modules', name, 'package.json'));
    if (found !== wanted[name])
      problems.push(`${name} ${found === null ? 'is missing' : `is ${found}, not ${wanted[name]}`}`);
  }
  return [
    // headlock.mjs lets no older one come here.
    ok(`Node ${process.versions.node}`),
    problems.length === 0
      ? ok(`npm packages are as pinned (CDK ${wanted['aws-cdk']})`)
      : amiss(`npm packages are not as pinned: ${problems.join(', ')}`, `Run \`npm ci\` in ${project}.`),
  ];
}

async function readVersion(path: string): Promise<string | null> {
  try {
    return MANIFEST.parse(await readJson(path)).version;
  } catch {
    return null;
  }
}

async function readJson(path: string): Promise<unknown> {
  return JSON.parse(await readFile(path, 'utf8'));
}
