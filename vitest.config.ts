import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Bounds on what hangs, not on what is slow: a loaded machine has to stay below them.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    teardownTimeout: 60_000,
    coverage: {
      provider: 'v8',
      include: ['shared/{git,signatures,trust,sops}/**/*.ts'],
      reporter: ['text'],
      thresholds: { 'shared/git/**/*.ts': { branches: 100 } },
    },
  },
});
