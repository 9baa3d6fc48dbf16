import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, it } from 'vitest';

const PROJECT = join(import.meta.dirname, '..');
const SKIPPED = new Set(['.git', 'node_modules', 'cdk.out', 'coverage', '.headlock']);

interface Layer {
  readonly name: string;
  /** Which files belong to it; the first layer that matches has the file. */
  readonly files: RegExp;
  /** Layers whose files it may import, besides its own. */
  readonly may: readonly string[];
  /** Layers of which it may import types alone. */
  readonly mayKnow?: readonly string[];
  /** Packages, or scopes with a final slash. */
  readonly packages?: readonly string[];
  readonly builtins?: readonly string[] | 'any';
  /** No network, clock, environment, chance or file: the same bytes give the same answer. */
  readonly pure?: true;
}

const COMPUTATION = ['node:buffer', 'node:crypto', 'node:util', 'node:zlib'];
const CONTRACTS = ['store', 'kms', 'queue', 'alerts'];
const ADAPTERS = ['dynamo', 'kms adapters', 'sqs', 'sns'];
const DOMAIN = ['model', 'git', 'git transport', 'signatures', 'trust', 'statements', 'forges', 'sources'];
const SHARED = [...DOMAIN, 'certificates', ...CONTRACTS, ...ADAPTERS, 'aws', 'lambda'];

const SIGSTORE = 'shared/signatures/x509/sigstore.ts';

/** Who may import whom (architecture, part 2). A file that no layer claims is a violation too. */
const LAYERS: readonly Layer[] = [
  { name: 'package', files: /^package\.json$/, may: [] },
  { name: 'model', files: /^shared\/model\//, may: [], packages: ['yaml', 'zod'], builtins: COMPUTATION, pure: true },
  {
    name: 'git transport',
    files: /^shared\/git\/(git-process|(?:http|local|remote|ssh)-[a-z-]+)\.ts$/,
    may: ['model', 'git'],
    packages: ['ssh2'],
    builtins: [...COMPUTATION, 'node:child_process', 'node:http', 'node:https', 'node:net', 'node:stream', 'node:tls'],
  },
  { name: 'git', files: /^shared\/git\//, may: ['model'], builtins: COMPUTATION, pure: true },
  {
    name: 'certificates',
    files: /^shared\/signatures\/openpgp\/compile-certificates\.ts$/,
    may: ['model', 'signatures'],
    packages: ['openpgp'],
    builtins: [...COMPUTATION, 'node:module', 'node:path', 'node:url'],
  },
  {
    name: 'signatures',
    files: /^shared\/signatures\//,
    may: ['model'],
    packages: ['@sigstore/'],
    builtins: COMPUTATION,
    pure: true,
  },
  { name: 'trust', files: /^shared\/trust\//, may: ['model', 'git', 'signatures'], builtins: COMPUTATION, pure: true },
  { name: 'statements', files: /^shared\/statements\//, may: ['model'], builtins: COMPUTATION, pure: true },
  {
    name: 'forges',
    files: /^shared\/forges\//,
    may: ['model', 'git', 'git transport'],
    packages: ['@octokit/webhooks', 'zod'],
    builtins: COMPUTATION,
  },
  {
    name: 'sources',
    files: /^shared\/sources\//,
    may: ['model', 'git', 'git transport', 'forges', 'kms'],
    mayKnow: ['store'],
    builtins: COMPUTATION,
  },
  { name: 'aws', files: /^shared\/aws\//, may: [] },
  adapters('dynamo', /^shared\/store\/dynamo-/, 'store', ['@aws-sdk/client-dynamodb', '@aws-sdk/util-dynamodb', 'zod']),
  adapters('kms adapters', /^shared\/kms\/kms-/, 'kms', ['@aws-sdk/client-kms']),
  adapters('sqs', /^shared\/queue\/sqs-/, 'queue', ['@aws-sdk/client-sqs']),
  adapters('sns', /^shared\/alerts\/sns-/, 'alerts', ['@aws-sdk/client-sns']),
  {
    name: 'store',
    files: /^shared\/store\//,
    may: ['model'],
    mayKnow: ['dynamo'],
    packages: ['zod'],
    builtins: COMPUTATION,
    pure: true,
  },
  { name: 'kms', files: /^shared\/kms\//, may: ['model', 'store', 'statements'], builtins: COMPUTATION, pure: true },
  { name: 'queue', files: /^shared\/queue\//, may: ['model'], packages: ['zod'], builtins: COMPUTATION, pure: true },
  { name: 'alerts', files: /^shared\/alerts\//, may: ['model'], builtins: COMPUTATION, pure: true },
  {
    name: 'lambda',
    files: /^shared\/lambda\//,
    may: ['model'],
    mayKnow: ADAPTERS,
    packages: ['@middy/', '@aws-lambda-powertools/', 'aws-lambda'],
    builtins: COMPUTATION,
  },
  {
    name: 'handlers',
    files: /^functions\/[^/]+\/handler\.ts$/,
    may: [...SHARED, 'use cases'],
    packages: ['@middy/', '@aws-lambda-powertools/', 'aws-lambda'],
    builtins: COMPUTATION,
  },
  {
    name: 'use cases',
    files: /^functions\/[^/]+\//,
    may: [...DOMAIN, ...CONTRACTS],
    mayKnow: ['lambda'],
    packages: ['zod'],
    builtins: COMPUTATION,
  },
  {
    name: 'infra/aws',
    files: /^infra\/aws\//,
    may: ['model'],
    mayKnow: SHARED,
    packages: ['aws-cdk-lib', 'constructs', 'cdk-nag', 'esbuild', 'zod'],
    builtins: 'any',
  },
  {
    name: 'infra/local',
    files: /^infra\/local\//,
    may: [...SHARED, 'infra/aws'],
    packages: ['@aws-sdk/', 'aws-lambda', 'dynalite', 'zod'],
    builtins: 'any',
  },
  {
    name: 'cli',
    files: /^cli\//,
    may: [...SHARED, 'use cases', 'infra/aws', 'infra/local', 'package'],
    packages: ['@aws-sdk/', 'commander', 'yaml', 'zod'],
    builtins: 'any',
  },
];

/** Files that carry a technology's name: they alone speak to it. */
function adapters(name: string, files: RegExp, contract: string, packages: readonly string[]): Layer {
  const may = ['model', 'aws', contract, ...(contract === 'kms' ? ['store', 'statements'] : [])];
  return { name, files, may, packages, builtins: [...COMPUTATION, 'node:timers/promises'] };
}

/** Reaches past its arguments, in code that must not. */
const IMPURE =
  /\b(?:process\.|Date\.now\b|new Date\(\)|performance\.|Math\.random\b|set(?:Timeout|Interval|Immediate)\b|fetch\()/;

const ENVIRONMENT = /\bprocess\.env\b|\bfrom 'node:process'/;
const ENTRY_POINTS =
  /^(?:functions\/[^/]+\/handler\.ts|cli\/(?:main\.ts|headlock\.mjs)|infra\/(?:.+\/)?(?:app|main)\.ts)$/;

interface Import {
  /** As it is written; null where it is computed. */
  readonly specifier: string | null;
  readonly typeOnly: boolean;
}

/** The formatter puts every import statement at the start of a line and its specifier in single quotes. */
const STATEMENT = /^(?:import|export)\s(?:(type)\s)?(?:([\w*{}\s,$]+)\sfrom\s)?'([^']+)'/gm;
const DYNAMIC = /(typeof )?\bimport\(\s*(?:'([^']*)'\s*)?/g;

function readImports(text: string): readonly Import[] {
  const code = withoutComments(text);
  const statements = [...code.matchAll(STATEMENT)].map(([, type, names = '', specifier = '']) => ({
    specifier,
    typeOnly: type !== undefined || /^\{(?:\s*type\s[^,}]+,?)+\s*\}$/.test(names),
  }));
  const dynamic = [...code.matchAll(DYNAMIC)].map(([, type, specifier]) => ({
    specifier: specifier ?? null,
    typeOnly: type !== undefined,
  }));
  return [...statements, ...dynamic];
}

/** Strings are matched first, so that what looks like a comment inside one stays. */
const STRING_OR_COMMENT = /('(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`)|\/\*[\s\S]*?\*\/|\/\/.*$/gm;

function withoutComments(text: string): string {
  return text.replace(STRING_OR_COMMENT, (_, string: string | undefined) => string ?? '');
}

/** What is wrong with one file, in sentences. */
function findViolations(file: string, text: string): readonly string[] {
  const layer = layerOf(file);
  if (layer === undefined) return [`${file} belongs to no layer`];
  const violations = readImports(text).flatMap((each) => {
    const problem = problemOf(file, layer, each);
    return problem === null ? [] : [`${file} (${layer.name}) imports ${each.specifier}: ${problem}`];
  });
  const code = withoutComments(text);
  if (layer.pure && IMPURE.test(code)) violations.push(`${file} uses ${IMPURE.exec(code)?.[0]}: the folder is pure`);
  if (ENVIRONMENT.test(code) && !ENTRY_POINTS.test(file))
    violations.push(`${file} reads the environment: it is no entry point`);
  return violations;
}

function layerOf(file: string): Layer | undefined {
  return LAYERS.find(({ files }) => files.test(file));
}

function problemOf(file: string, layer: Layer, { specifier, typeOnly }: Import): string | null {
  if (specifier === null) return layer.builtins === 'any' || layer.name === 'certificates' ? null : 'computed';
  if (specifier.startsWith('node:')) {
    return layer.builtins === 'any' || layer.builtins?.includes(specifier)
      ? null
      : 'a built-in that its layer may not use';
  }
  if (!specifier.startsWith('.')) {
    if (specifier === 'openpgp')
      return typeOnly || layer.name === 'certificates' ? null : 'only certificates are judged by it';
    if (specifier.startsWith('@sigstore/') && file !== SIGSTORE)
      return 'only one file knows it, so that it is loaded where it is needed';
    return layer.packages?.some((name) => isOfPackage(specifier, name)) ? null : 'a package that its layer may not use';
  }
  return problemOfTarget(file, layer, posix.join(posix.dirname(file), specifier), typeOnly);
}

function problemOfTarget(file: string, layer: Layer, target: string, typeOnly: boolean): string | null {
  const [folder, ownFolder] = [target, file].map((path) => /^functions\/[^/]+\//.exec(path)?.[0]);
  if (ownFolder !== undefined && folder !== undefined && folder !== ownFolder) return 'another function';
  const { name } = layerOf(target) ?? {};
  if (name === undefined) return 'a file of no layer';
  if (name === layer.name || layer.may.includes(name)) return null;
  if (layer.mayKnow?.includes(name)) return typeOnly ? null : `${name} gives it types alone`;
  return `${name} is none of its layers`;
}

function isOfPackage(specifier: string, name: string): boolean {
  return name.endsWith('/') ? specifier.startsWith(name) : specifier === name || specifier.startsWith(`${name}/`);
}

function listFiles(folder = ''): readonly string[] {
  return readdirSync(join(PROJECT, folder), { withFileTypes: true }).flatMap((entry) => {
    if (SKIPPED.has(entry.name)) return [];
    const path = posix.join(folder, entry.name);
    return entry.isDirectory() ? listFiles(path) : entry.isFile() ? [path] : [];
  });
}

const FILES = listFiles();
const SOURCES = FILES.filter((file) => /^(?:shared|functions|infra|cli)\/.*\.(?:ts|mjs)$/.test(file));
const read = (file: string) => readFileSync(join(PROJECT, file), 'latin1');

describe('the tree', () => {
  it('imports only along the layers, and stays pure where it must', () => {
    expect(SOURCES.length).toBeGreaterThan(50);
    expect(SOURCES.flatMap((file) => findViolations(file, read(file)))).toEqual([]);
  });

  // What makes serving an unproven commit fail to compile.
  it('mints trusted revisions in trust and store alone', () => {
    const minting = SOURCES.filter((file) => /\bmintTrustedRevision\b/.test(withoutComments(read(file))));
    const allowed = /^shared\/(?:trust\/|store\/|model\/trusted-revision\.ts$)/;
    expect(minting.filter((file) => !allowed.test(file))).toEqual([]);
    expect(minting.length).toBeGreaterThan(1);
  });

  it('names no path of a machine, and no place that packages came from', () => {
    const machine = new RegExp(
      ['/ho' + 'me/\\w', '/ro' + 'ot/', '/wo' + 'rk/', '/Us' + 'ers/\\w', '"resol' + 'ved":'].join('|'),
    );
    expect(FILES.filter((file) => machine.test(read(file)))).toEqual([]);
  });
});

describe('the tests', () => {
  /** Where time may pass, and why that decides nothing. */
  const TIMED: Readonly<Record<string, string>> = {
    'test/architecture.test.ts': 'only names it',
    'test/contract/aws-account.ts': 'an account cannot be watched',
    'test/contract/sqs-receive.test.ts': 'that a wait lasts as long as it says',
    'test/cost/scenarios.ts': 'polls that lie apart',
    'test/e2e/crash.test.ts': 'a crash at any moment',
    'test/infra/local/runtime/lambda-function.test.ts': 'what handlers take their time for',
    'test/infra/local/runtime/synthesize.test.ts': 'a process that looks for a file',
    'test/infra/local/services/requests.test.ts': 'clients that break off at any moment',
    'test/infra/local/tiny-functions/handler.mjs': 'a function that never ends',
  };

  // A machine may be fast or slow: tests wait for what happens, by events or by `eventually`.
  it('neither sleep nor measure time', () => {
    const timed = /\bset(?:Timeout|Interval)\b|\bperformance\.now\b|\bnode:timers\b/;
    const tests = FILES.filter((file) => /^test\/(?!bench\/|load\/).*\.(?:ts|mjs)$/.test(file));
    expect(tests.filter((file) => timed.test(withoutComments(read(file)))).sort()).toEqual(Object.keys(TIMED).sort());
  });
});

describe('the rules bite', () => {
  it.each([
    ['shared/model/a.ts', "import { readFileSync } from 'node:fs';"],
    ['shared/model/a.ts', "import { verify } from '../signatures/a.ts';"],
    ['shared/model/a.ts', 'const now = Date.now();'],
    ['shared/git/pack.ts', "import {\n  request,\n  type Agent,\n} from 'node:https';"],
    ['shared/git/pack.ts', "export * from './http-source.ts';"],
    ['shared/signatures/openpgp/a.ts', "import { readKey } from 'openpgp';"],
    ['shared/signatures/openpgp/a.ts', "const openpgp = await import('openpgp');"],
    ['shared/signatures/x509/a.ts', "import { Verifier } from '@sigstore/verify';"],
    ['shared/signatures/a.ts', 'const lazy = await import(name);'],
    ['shared/trust/a.ts', "import type { BranchStore } from '../store/branch-store.ts';"],
    ['shared/trust/a.ts', 'const pick = Math.random();'],
    ['shared/kms/a.ts', "import { createDynamoTable } from '../store/dynamo-table.ts';"],
    ['shared/store/dynamo-a.ts', "import { SQSClient } from '@aws-sdk/client-sqs';"],
    ['shared/store/a.ts', "import { DynamoDBClient } from '@aws-sdk/client-dynamodb';"],
    ['shared/store/dynamo-a.ts', "const table = process.env['HEADLOCK_TABLE'];"],
    ['functions/verify/a.ts', "import { createDynamoBranchStore } from '../../shared/store/dynamo-branch-store.ts';"],
    ['functions/verify/handler.ts', "import { accept } from '../webhook/accept-delivery.ts';"],
    ['functions/verify/handler.ts', "import { DynamoDBClient } from '@aws-sdk/client-dynamodb';"],
    ['infra/aws/a.ts', "import { handler } from '../../functions/verify/handler.ts';"],
    ['cli/commands/a.ts', "import { App } from 'aws-cdk-lib';"],
    ['infra/local/a.ts', "const glob = '**/*.ts'; const home = process.env['HOME']; // */"],
    ['shared/sundries/a.ts', ''],
  ])('in %s: %s', (file, text) => {
    expect(findViolations(file, text)).toHaveLength(1);
  });

  it.each([
    ['shared/kms/a.ts', "import type { SecretPurpose } from '../store/secret-store.ts';"],
    ['shared/kms/a.ts', "import {\n  type SealedSecret,\n  type SecretPurpose,\n} from '../store/secret-store.ts';"],
    ['shared/model/a.ts', "// import { readFileSync } from 'node:fs';\n/** Not Date.now(). */"],
    ['functions/verify/handler.ts', "const table = process.env['HEADLOCK_TABLE'];"],
    ['infra/local/a.ts', "const files = ['**/*.ts']; // process.env"],
  ])('and let through what is right, in %s: %s', (file, text) => {
    expect(findViolations(file, text)).toEqual([]);
  });
});
