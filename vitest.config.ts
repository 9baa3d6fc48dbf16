import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { PermissionsReporter } from './test/permissions/reporter.ts';
import { RECORD_VARIABLE, RUN_FILE } from './test/permissions/run-record.ts';

/** These hold what a module is before it was used, or change the environment. */
const ALONE = [
  'test/shared/signatures/x509/load-sigstore.test.ts',
  'test/shared/signatures/x509/parse-certificate.test.ts',
  'test/infra/aws/bundle-function.test.ts',
];

/** What touches neither the environment nor a module's state: its files share workers, and so what they import. */
const PURE = globSync(
  ['shared/{model,trust,signatures,forges,statements,lambda}', 'infra/aws'].map((part) => `test/${part}/**/*.test.ts`),
  { cwd: import.meta.dirname },
).filter((file) => !ALONE.includes(file));

export default defineConfig({
  test: {
    projects: [
      { extends: true, test: { name: 'pure', include: PURE, isolate: false } },
      { extends: true, test: { name: 'isolated', include: ['test/**/*.test.ts'], exclude: PURE } },
    ],
    // What the command keeps for next time is not to be the user's own.
    env: {
      XDG_CACHE_HOME: join(import.meta.dirname, 'node_modules', '.cache', 'headlock-tests'),
      [RECORD_VARIABLE]: RUN_FILE,
    },
    // Each call of AWS is recorded, and judged when the run ends.
    setupFiles: ['test/permissions/record-access.ts'],
    reporters: ['default', new PermissionsReporter()],
    // Half of the time tests wait for git, gpg and ssh-keygen: twice as many files at a time as there are processors.
    maxWorkers: 2 * availableParallelism(),
    // Bounds on what hangs, not on what is slow: a loaded machine has to stay below them.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    teardownTimeout: 60_000,
    coverage: {
      provider: 'v8',
      include: ['shared/{git,signatures,trust,sops}/**/*.ts'],
      reporter: ['text'],
      thresholds: { 'shared/{git,signatures}/**/*.ts': { branches: 100 } },
    },
  },
});
