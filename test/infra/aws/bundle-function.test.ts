import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleFunction, type FunctionBundle } from '../../../infra/aws/bundle-function.ts';
import { FUNCTION_NAMES, type FunctionName } from '../../../infra/aws/function-names.ts';
import { createGitRepository } from '../../support/git-repository.ts';
import { startSshServer } from '../../support/ssh-server.ts';

const PROJECT = join(import.meta.dirname, '..', '..', '..');

const folder = mkdtempSync(join(tmpdir(), 'headlock-bundles-'));
const bundles = new Map<FunctionName, FunctionBundle>();

beforeAll(async () => {
  for (const name of FUNCTION_NAMES) bundles.set(name, await bundleFunction(name, join(folder, 'first', name)));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function readBundle(name: FunctionName): FunctionBundle {
  const bundle = bundles.get(name);
  if (bundle === undefined) throw new Error(`functions/${name} was not bundled.`);
  return bundle;
}

function readFiles({ folder: bundle }: FunctionBundle): ReadonlyMap<string, string> {
  return new Map(
    readdirSync(bundle)
      .sort()
      .map((file) => [file, readFileSync(join(bundle, file), 'utf8')]),
  );
}

/** The one chunk of that name, which a cold start does not read and something imports on demand. */
function findOnDemand(name: FunctionName, prefix: string): string {
  const bundle = readBundle(name);
  const [file = '', ...others] = [...readFiles(bundle).keys()].filter((each) => each.startsWith(prefix));
  expect(others).toEqual([]);
  expect(bundle.staticFiles).not.toContain(file);
  expect([...readFiles(bundle).values()].filter((text) => text.includes(`import("./${file}")`))).not.toEqual([]);
  return file;
}

const digest = (bundle: FunctionBundle) =>
  createHash('sha256')
    .update(JSON.stringify([...readFiles(bundle)]))
    .digest('hex');

/** What any of the functions asks for when it is loaded. */
const ENVIRONMENT = {
  AWS_REGION: 'eu-central-1',
  HEADLOCK_TABLE: 'table',
  HEADLOCK_POLL_AFTER_SECONDS: '30',
  HEADLOCK_QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/000000000000/headlock-decisions.fifo',
  HEADLOCK_STATUS_QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/000000000000/headlock-statuses.fifo',
  HEADLOCK_SWEEP_QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/000000000000/headlock-sweep',
  HEADLOCK_SWEEP_SECONDS: '300',
  HEADLOCK_TOPIC_ARN: 'arn:aws:sns:eu-central-1:000000000000:alerts',
  HEADLOCK_RECHECK_SECONDS: '120',
  HEADLOCK_STATEMENT_KEY_ARN: 'arn:aws:kms:eu-central-1:000000000000:key/statements',
  HEADLOCK_STATEMENT_SECONDS: '86400',
  HEADLOCK_CANARY_REPOSITORY: 'canary',
  HEADLOCK_CANARY_BRANCH: 'main',
  HEADLOCK_CANARY_USERNAME: 'headlock-canary',
  HEADLOCK_CANARY_PASSWORD_SECRET: 'canary-push',
  HEADLOCK_CANARY_KEY_SECRET: 'canary-key',
  HEADLOCK_CANARY_PATIENCE_SECONDS: '100',
};

describe.each(FUNCTION_NAMES)('the bundle of %s', (name) => {
  it.each(['dynalite', 'aws-cdk-lib', 'commander', 'yaml'])('holds nothing of %s', (dependency) => {
    expect(readBundle(name).inputs.filter((input) => input.includes(`node_modules/${dependency}/`))).toEqual([]);
  });

  // Certificates are judged when a policy is applied: the verify path reads compiled keys (trust rule 2.2).
  it('holds nothing of openpgp, nor what loads it', () => {
    const judging = readBundle(name).inputs.filter((input) =>
      /node_modules\/openpgp\/|compile-certificates/.test(input),
    );
    expect(judging).toEqual([]);
    for (const text of readFiles(readBundle(name)).values()) expect(text).not.toContain('openpgp.min.mjs');
  });

  it('holds no other function, and nothing of the local stack or the command line', () => {
    const foreign = readBundle(name).inputs.filter((input) => /^(functions|infra|cli|test)\//.test(input));
    expect(foreign.filter((input) => !input.startsWith(`functions/${name}/`))).toEqual([]);
  });

  it('imports nothing but built-in modules, and neither node:http nor node:https as modules', () => {
    const { imports } = readBundle(name);
    expect(imports.filter((specifier) => !isBuiltin(specifier))).toEqual([]);
    expect(imports.filter((specifier) => /^(node:)?https?$/.test(specifier))).toEqual([]);
  });

  it('is the same bytes when it is made again, and names no path of this machine', async () => {
    const again = await bundleFunction(name, join(folder, 'again', name));
    expect(digest(again)).toBe(digest(readBundle(name)));
    for (const text of readFiles(again).values()) {
      expect(text).not.toContain(PROJECT);
      expect(text).not.toContain(folder);
    }
  });

  it('loads alone, as Lambda loads it, and exports a handler without a callback', () => {
    const script = `const { handler } = await import(process.argv[1]); console.log(typeof handler, handler.length <= 2);`;
    const output = execFileSync(
      process.execPath,
      ['--input-type=module', '-e', script, join(readBundle(name).folder, 'handler.mjs')],
      {
        cwd: readBundle(name).folder,
        encoding: 'utf8',
        timeout: 200_000,
        env: ENVIRONMENT,
      },
    );
    expect(output).toBe('function true\n');
  });
});

// What a cold start reads: minified, without what is imported on demand.
it.each([
  ['webhook', 350_000],
  ['trusted-revision', 350_000],
  ['verify', 450_000],
] as const)('keeps what %s reads at a cold start below %i bytes', (name, limit) => {
  const { folder: bundle, staticFiles, staticBytes } = readBundle(name);
  expect(staticFiles).toContain('handler.mjs');
  expect(staticFiles.reduce((sum, file) => sum + statSync(join(bundle, file)).size, 0)).toBe(staticBytes);
  expect(staticBytes).toBeLessThanOrEqual(limit);
});

it.each([
  ['webhook', ['dynamodb', 'kms', 'sqs']],
  ['verify', ['dynamodb', 'kms', 'sns', 'sqs']],
  ['sweep', ['dynamodb', 'sqs']],
  ['compare-refs', ['dynamodb', 'kms', 'sqs']],
  ['commit-status', ['dynamodb', 'kms', 'sqs']],
  ['trusted-revision', ['dynamodb']],
] as const)('gives %s the AWS clients that it calls, and no others', (name, clients) => {
  const found = readBundle(name).inputs.flatMap((input) => /@aws-sdk\/client-([\w-]+)\//.exec(input)?.[1] ?? []);
  expect([...new Set(found)].sort()).toEqual(clients);
  expect(
    readBundle(name).inputs.filter((input) =>
      /^node_modules.*(?:nested-clients|credential-provider-(?!env))/.test(input),
    ),
  ).toEqual([]);
});

// Node takes most of a millisecond for each.
it.each(FUNCTION_NAMES)('has %s read few files at a cold start', (name) => {
  expect(readBundle(name).staticFiles.length).toBeLessThanOrEqual(5);
});

// The library that reads items is for all; the one that also describes them is not.
it.each(FUNCTION_NAMES.filter((name) => name !== 'canary'))('has %s read items without the whole of zod', (name) => {
  expect(readBundle(name).inputs.filter((input) => input.includes('zod/v4/classic/'))).toEqual([]);
});

it("keeps Sigstore's library to itself, in verify alone, and lets it work there", async () => {
  const holders = FUNCTION_NAMES.filter((name) =>
    readBundle(name).inputs.some((input) => input.includes('@sigstore/')),
  );
  expect(holders).toEqual(['verify']);
  const { folder: bundle } = readBundle('verify');
  const file = findOnDemand('verify', 'sigstore-');
  Object.assign(process.env, ENVIRONMENT);
  const { createSigstoreProof } = await import(join(bundle, file));
  const root = readFileSync(join(PROJECT, 'cli', 'policy', 'sigstore-trusted-root.json'), 'utf8');
  expect(createSigstoreProof(root)).toMatchObject({ proveTime: expect.any(Function) });
  expect(() => createSigstoreProof('{}')).toThrow();
});

// Whoever fetches over HTTP alone does not wait for it; its native parts, which belong to one machine, stay out.
it('keeps the SSH client to itself, and lets it work there', async () => {
  const { folder: bundle, inputs } = readBundle('verify');
  const file = findOnDemand('verify', 'ssh-remote-');
  expect(inputs.filter((input) => /node_modules\/(?:cpu-features|nan)\//.test(input))).toEqual([]);

  const [server, repository] = await Promise.all([startSshServer(), createGitRepository()]);
  const oid = await repository.commit('first');
  const { url, privateKey, knownHosts } = server;
  const options = { privateKey, passphrase: null, knownHosts, userAgent: 'headlock/0.1.0' };
  const script = `const { createSshRemote } = await import(process.argv[1]);
    const signal = AbortSignal.timeout(60_000);
    const remote = await createSshRemote(JSON.parse(process.argv[2])).open(signal);
    await remote.listRefs(['refs/heads/main'], signal, (...ref) => console.log(JSON.stringify(ref)));`;
  const values = [join(bundle, file), JSON.stringify({ ...options, url: `${url}${repository.path}` })];
  const args = ['--input-type=module', '-e', script, ...values];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    cwd: bundle,
    env: { ...process.env, ...ENVIRONMENT },
  });
  expect(JSON.parse(stdout)).toEqual(['refs/heads/main', oid]);
  await Promise.all([server.close(), repository.remove()]);
});

it('is made for each folder of functions, which has a construct of its name', () => {
  const byName = (folder: string) => readdirSync(join(PROJECT, folder)).map((entry) => entry.replace(/\.ts$/, ''));
  expect(byName('functions').sort()).toEqual([...FUNCTION_NAMES].sort());
  expect(byName('infra/aws/functions').sort()).toEqual([...FUNCTION_NAMES].sort());
});
