import { execFile } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lazyBuiltinModules } from '../../../infra/aws/lazy-builtin-modules.ts';
import { KEPT_ERRORS, leanSdk } from '../../../infra/aws/lean-sdk.ts';
import { TABLE, useEmbeddedServices } from '../../support/embedded-services.ts';

const PROJECT = join(import.meta.dirname, '..', '..', '..');
const services = useEmbeddedServices();
const folder = mkdtempSync(join(tmpdir(), 'headlock-lean-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Calls that fail in known ways: it prints what each error is. */
const PROGRAM = `
  import { ConditionalCheckFailedException, DynamoDBClient, DynamoDBServiceException, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
  import { DecryptCommand, InvalidCiphertextException, KMSClient, KMSServiceException } from '@aws-sdk/client-kms';
  const [table] = process.argv.slice(2);
  const dynamo = new DynamoDBClient({ maxAttempts: 1 });
  const kms = new KMSClient({ maxAttempts: 1 });
  const failures = {};
  async function attempt(name, call, ...classes) {
    const error = await call().then(() => null, (thrown) => thrown);
    failures[name] = [error?.name, error?.$metadata?.httpStatusCode, ...classes.map((each) => error instanceof each)];
  }
  const Item = { pk: { S: 'a' }, sk: { S: 'b' } };
  const put = () => dynamo.send(new PutItemCommand({ TableName: table, Item, ConditionExpression: 'attribute_not_exists(pk)' }));
  await attempt('first', put, ConditionalCheckFailedException);
  await attempt('second', put, ConditionalCheckFailedException);
  await attempt('elsewhere', () => dynamo.send(new GetItemCommand({ TableName: 'nothing', Key: Item })), DynamoDBServiceException);
  await attempt('nonsense', () => kms.send(new DecryptCommand({ CiphertextBlob: Buffer.from('nonsense') })), InvalidCiphertextException, KMSServiceException);
  await attempt('no key', () => kms.send(new DecryptCommand({ CiphertextBlob: Buffer.from('x'), KeyId: 'nothing' })), KMSServiceException);
  console.log(JSON.stringify(failures));`;

const bundle = join(folder, 'program.mjs');

beforeAll(async () => {
  await build({
    stdin: { contents: PROGRAM, resolveDir: PROJECT },
    outfile: bundle,
    bundle: true,
    format: 'esm',
    platform: 'node',
    mainFields: ['module', 'main'],
    logLevel: 'silent',
    plugins: [lazyBuiltinModules, leanSdk],
  });
});

async function run(environment: Record<string, string>): Promise<Record<string, unknown[]>> {
  const { stdout } = await promisify(execFile)(process.execPath, [bundle, TABLE], { env: environment });
  return JSON.parse(stdout);
}

describe('the lean SDK', () => {
  it('tells errors apart by class where somebody does, and others by name, as the whole one does', async () => {
    const { endpoint, region, credentials } = services();
    const environment = {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    };
    expect(await run(environment)).toEqual({
      first: [null, null, false],
      second: ['ConditionalCheckFailedException', 400, true],
      elsewhere: ['ResourceNotFoundException', 400, true],
      nonsense: ['InvalidCiphertextException', 400, true, true],
      'no key': [expect.stringMatching(/Exception$/), 400, true],
    });
  });

  it('takes credentials from the environment, and looks nowhere else', async () => {
    const failures = await run({ AWS_ENDPOINT_URL: services().endpoint, AWS_REGION: 'eu-central-1', HOME: folder });
    for (const [name, status] of Object.values(failures)) {
      expect([name, status]).toEqual(['CredentialsProviderError', null]);
    }
  });

  it('keeps every class of error that the sources name', () => {
    const named = globSync('{functions,shared}/**/*.ts', { cwd: PROJECT }).flatMap((file) => {
      const imports = readFileSync(join(PROJECT, file), 'utf8').matchAll(/import \{([^}]*)\} from '@aws-sdk\/client-/g);
      return [...imports].flatMap(([, names = '']) => names.match(/\w+Exception\b/g) ?? []);
    });
    expect(named).toContain('ConditionalCheckFailedException');
    for (const name of named) expect(KEPT_ERRORS).toContain(name);
  });

  it('refuses an SDK whose errors are registered in another way', async () => {
    const client = join(folder, 'node_modules', '@aws-sdk', 'client-new', 'dist-es', 'schemas');
    mkdirSync(client, { recursive: true });
    writeFileSync(join(client, 'schemas_0.js'), 'registry.add(SomethingException);');
    const attempt = build({
      entryPoints: [join(client, 'schemas_0.js')],
      write: false,
      bundle: true,
      logLevel: 'silent',
      plugins: [leanSdk],
    });
    await expect(attempt).rejects.toThrow(/lean-sdk\.ts expects/);
  });
});
