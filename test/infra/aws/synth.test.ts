import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CfnTopic } from 'aws-cdk-lib/aws-sns';
import { afterAll, describe, expect, it } from 'vitest';
import type { FunctionBundle } from '../../../infra/aws/bundle-function.ts';
import { FUNCTION_NAMES, type FunctionName } from '../../../infra/aws/function-names.ts';
import { createHeadlockApp } from '../../../infra/aws/headlock-app.ts';

const PROJECT = join(import.meta.dirname, '..', '..', '..');
/** A bound on what hangs: compilers take what a loaded machine gives them. */
const MAX_MILLISECONDS = 900_000;
const folder = mkdtempSync(join(tmpdir(), 'headlock-synth-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** `unshare` with a network of its own, in which not even loopback is up; a new user where root is not ours. */
const withoutNetwork = [['-n'], ['-rn']].find((flags) => spawnSync('unshare', [...flags, 'true']).status === 0);
if (withoutNetwork === undefined) console.warn('SKIPPED synth without network: this machine has no unshare -n');

async function run(command: string, args: readonly string[], out: string): Promise<void> {
  const env = {
    PATH: `${join(PROJECT, 'node_modules', '.bin')}:${process.env.PATH}`,
    HOME: folder,
    CDK_OUTDIR: out,
  };
  await promisify(execFile)(command, args, { cwd: PROJECT, env, timeout: MAX_MILLISECONDS });
}

function readTemplates(out: string): readonly string[] {
  return ['headlock-state', 'headlock-service'].map((stack) =>
    readFileSync(join(out, `${stack}.template.json`), 'utf8'),
  );
}

describe('synth', () => {
  const plain = join(folder, 'plain');

  it('needs Node alone', { timeout: MAX_MILLISECONDS }, async () => {
    await run(process.execPath, ['infra/aws/app.ts'], plain);
    expect(readdirSync(plain)).toEqual(
      expect.arrayContaining(['manifest.json', 'headlock-state.template.json', 'headlock-service.template.json']),
    );
    const optional = ['canary'];
    const assets = readdirSync(plain).filter((file) => file.startsWith('asset.'));
    expect(assets).toHaveLength(FUNCTION_NAMES.length - optional.length);
  });

  it.skipIf(withoutNetwork === undefined)(
    'needs no network, and gives the same templates by the CDK itself',
    { timeout: MAX_MILLISECONDS },
    async () => {
      const out = join(folder, 'offline');
      await run('unshare', [...(withoutNetwork ?? []), 'cdk', 'synth', '--quiet', '--output', out], out);
      expect(readTemplates(out)).toEqual(readTemplates(plain));
    },
  );
});

describe('validation', () => {
  it('refuses a template that CloudFormation would refuse', () => {
    const bundle: FunctionBundle = {
      folder: import.meta.dirname,
      inputs: [],
      imports: [],
      staticFiles: [],
      staticBytes: 0,
    };
    const bundles = Object.fromEntries(FUNCTION_NAMES.map((name) => [name, bundle]));
    const app = createHeadlockApp(bundles as Record<FunctionName, FunctionBundle>, { outdir: join(folder, 'broken') });
    const topic = app.node.findAll().find((construct) => construct instanceof CfnTopic);
    topic?.addPropertyOverride('NoSuchProperty', true);
    expect(() => app.synth()).toThrow(/NoSuchProperty/);
  });
});
