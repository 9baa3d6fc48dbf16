import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'vitest';

const FOLDER = join(import.meta.dirname, '..', '..', '..', 'shared', 'data');

/** A path in the public test data beside the checkout (real histories and signatures that nobody here wrote). */
export function sharedData(...path: readonly string[]): string {
  return join(FOLDER, ...path);
}

/** Tests on the public data: skipped with a warning where it is missing, failed there in CI. */
export function describeWithSharedData(name: string, tests: () => void): void {
  if (existsSync(FOLDER)) {
    describe(name, tests);
    return;
  }
  const complaint = `${name}: the folder ../shared/data is missing beside the checkout, so real histories go untested`;
  if (process.env.CI !== undefined) {
    describe(name, () => {
      it('finds its data', () => {
        throw new Error(complaint);
      });
    });
    return;
  }
  console.warn(`SKIPPED ${complaint}`);
  describe.skip(name, tests);
}
