import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const TEMPLATE = z.object({
  Resources: z.record(
    z.string(),
    z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}) }),
  ),
  Outputs: z
    .record(z.string(), z.object({ Value: z.unknown(), Export: z.object({ Name: z.string() }).optional() }))
    .default({}),
});

const ASSETS = z.object({ files: z.record(z.string(), z.object({ source: z.object({ path: z.string() }) })) });

/** One stack's template, as CDK synthesized it. */
export type Stack = Awaited<ReturnType<typeof readStack>>;

/** Reads all stacks of a cloud assembly (`cdk.out`). */
export async function readAssembly(folder: string): Promise<readonly Stack[]> {
  const names = (await readdir(folder)).flatMap((file) => /^(.+)\.template\.json$/.exec(file)?.[1] ?? []);
  return Promise.all(names.map((name) => readStack(folder, name)));
}

async function readStack(folder: string, name: string) {
  const read = async (file: string): Promise<unknown> => JSON.parse(await readFile(join(folder, file), 'utf8'));
  const { Resources: resources, Outputs: outputs } = TEMPLATE.parse(await read(`${name}.template.json`));
  const { files } = ASSETS.parse(await read(`${name}.assets.json`));
  /** By the key of their archive in S3. */
  const codeFolders = new Map(
    Object.entries(files).map(([hash, { source }]) => [`${hash}.zip`, join(folder, source.path)]),
  );
  return { name, resources, outputs, codeFolders };
}
