import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleFunctions } from './bundle-function.ts';
import { createHeadlockApp } from './headlock-app.ts';

const folder = await mkdtemp(join(tmpdir(), 'headlock-bundles-'));
try {
  createHeadlockApp(await bundleFunctions(folder)).synth();
} finally {
  await rm(folder, { recursive: true, force: true });
}
