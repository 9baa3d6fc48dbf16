import { globSync } from 'node:fs';
import { join } from 'node:path';
import type { Reporter, TestModule, Vitest } from 'vitest/node';
import { PROJECT } from '../../infra/local/connection.ts';
import { readAssembly } from '../../infra/local/runtime/assembly.ts';
import { synthesize } from '../../infra/local/runtime/synthesize.ts';
import { judgeDenials, judgeGrants } from './judge-run.ts';
import { beginRecord, endRecord, RUN_FILE, readRecord } from './run-record.ts';

/** Fails a run of tests in which a call was denied, and a whole run in which a grant was not used. */
export class PermissionsReporter implements Reporter {
  #vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
    beginRecord();
  }

  async onTestRunEnd(modules: readonly TestModule[]): Promise<void> {
    const isWhole = this.#isWhole(modules);
    const record = readRecord(RUN_FILE);
    endRecord(isWhole);
    const problems = [...judgeDenials(record)];
    if (isWhole) problems.push(...judgeGrants(await readAssembly(await synthesize(PROJECT)), record));
    if (problems.length === 0) return;
    process.exitCode = 1;
    console.error(`\nPermissions (test/permissions):\n${problems.map((problem) => `- ${problem}\n`).join('')}`);
  }

  /** All files, and all of them well: where a test failed, what it did not come to use says nothing. */
  #isWhole(modules: readonly TestModule[]): boolean {
    const ran = new Set(modules.filter((each) => each.ok()).map(({ moduleId }) => moduleId));
    const all = globSync('test/**/*.test.ts', { cwd: PROJECT }).map((file) => join(PROJECT, file));
    return all.every((file) => ran.has(file)) && this.#vitest?.config.testNamePattern === undefined;
  }
}
