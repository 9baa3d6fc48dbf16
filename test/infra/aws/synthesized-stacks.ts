import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll, beforeAll } from 'vitest';
import type { FunctionBundle } from '../../../infra/aws/bundle-function.ts';
import { readConfiguration } from '../../../infra/aws/configuration.ts';
import { FUNCTION_NAMES, type FunctionName } from '../../../infra/aws/function-names.ts';
import { createHeadlockApp } from '../../../infra/aws/headlock-app.ts';
import { stackNamesOf } from '../../../infra/aws/installation.ts';
import type { Templates } from '../../permissions/principals.ts';

export interface SynthesizedStacks {
  readonly app: App;
  readonly state: Template;
  readonly service: Template;
}

/** As the embedded stack reads them from an assembly. */
export function readTemplates({ state, service }: SynthesizedStacks): Templates {
  return [state, service].map((template) => {
    const { Resources: resources, Outputs: outputs = {} } = template.toJSON();
    return { resources, outputs };
  });
}

/** The stacks as they deploy, except that one line stands for each function's code: `bundle-function.test.ts` has the real one. */
export function synthesizeForTests(context: Readonly<Record<string, unknown>> = {}): () => SynthesizedStacks {
  const folder = mkdtempSync(join(tmpdir(), 'headlock-synth-'));
  let stacks: SynthesizedStacks | undefined;
  beforeAll(() => {
    const bundles = Object.fromEntries(FUNCTION_NAMES.map((name) => [name, standIn(folder, name)]));
    const app = createHeadlockApp(bundles as Record<FunctionName, FunctionBundle>, {
      outdir: join(folder, 'cdk.out'),
      builtinCloudFormationValidation: false,
      context,
    });
    const templateOf = (id: string) => Template.fromStack(app.node.findChild(id) as Stack);
    const names = stackNamesOf(readConfiguration(app).installation);
    stacks = { app, state: templateOf(names.state), service: templateOf(names.service) };
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return () => {
    if (stacks === undefined)
      throw new Error('The stacks are synthesized before the first test, not while tests are collected.');
    return stacks;
  };
}

function standIn(folder: string, name: FunctionName): FunctionBundle {
  const bundle = join(folder, name);
  mkdirSync(bundle);
  writeFileSync(join(bundle, 'handler.mjs'), `export const handler = async () => '${name}';\n`);
  return { folder: bundle, inputs: [], imports: [], staticFiles: [], staticBytes: 0 };
}
