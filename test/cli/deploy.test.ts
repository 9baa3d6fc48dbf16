import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCdkRunner, type RunCdk } from '../../cli/aws/run-cdk.ts';
import type { Finding } from '../../cli/finding.ts';
import { checkTools } from '../../cli/operations/check-tools.ts';
import { deployInstallation } from '../../cli/operations/deploy-installation.ts';
import { describeDryRun } from '../../cli/output/describe-deploy.ts';
import { createStyle } from '../../cli/output/style.ts';
import { useDeployedInstallation } from '../support/deployed-installation.ts';
import { type HeadlockRun, runHeadlock } from '../support/run-headlock.ts';

const PROJECT = join(import.meta.dirname, '..', '..');
const deployed = useDeployedInstallation();
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hl-deploy-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('headlock deploy --dry-run', () => {
  let run: HeadlockRun;
  beforeAll(async () => {
    const context = ['-c', 'headlock:logRetentionDays=30'];
    run = await runHeadlock(['deploy', '--dry-run', '--stack', 'staging', ...context, '--output', 'json']);
  });

  it('tells programs of the stacks, what they hold, and who may do what, without asking AWS', () => {
    expect(run).toMatchObject({ status: 0, stderr: '' });
    const { installation, stacks } = JSON.parse(run.stdout);
    expect(installation).toBe('staging');
    expect(stacks).toMatchObject([
      { name: 'staging-state', resources: { 'AWS::DynamoDB::Table': 1 } },
      { name: 'staging-service', outputs: { ApiUrl: 'Agents poll here' } },
    ]);
    const grants = stacks[1].grants as { by: string; statements: { actions: string[] }[] }[];
    const actions = grants.find(({ by }) => by === 'Sweep/Role')?.statements.flatMap((one) => one.actions);
    expect(actions).toContain('dynamodb:Query');
  });

  it('tells people the same, and what it would do', () => {
    const { installation, stacks } = JSON.parse(run.stdout);
    const text = describeDryRun(stacks, installation, createStyle(false));
    expect(text).toMatch(/^staging-state {2}.*\n {4}1 {2}AWS::DynamoDB::Table\n/);
    expect(text).toMatch(/\n {2}Verify\/Role {2}taken by lambda.amazonaws.com\n/);
    expect(text).toContain('\n    allow dynamodb:GetItem on staging-state:Table\n');
    expect(text).toContain('\n      where kms:EncryptionContext:headlock:purpose StringEquals webhook\n');
    expect(text).toMatch(/\n {4}deny sqs:\* on .* to \*\n {6}where aws:SecureTransport Bool false\n/);
    expect(text).toContain('\n  5. deploy staging-state, then staging-service\n');
  });

  it.each([
    [['-c', 'headlock:installation=x'], 'Name the installation with --stack'],
    [['-c', 'nothing'], 'Write key=value'],
    [['--stack', 'Upper'], 'Write the name of an installation'],
  ])('%j ends with 2 and one line', async (args, message) => {
    const { status, stderr } = await runHeadlock(['deploy', '--dry-run', ...args]);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it('names all problems of the context, a line each, and nothing that does not mend them', async () => {
    const context = ['-c', 'headlock:logRetentionDays=9', '-c', 'headlock:retention=1'];
    const { status, stderr } = await runHeadlock(['deploy', '--dry-run', ...context]);
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /^headlock: The context .*:\n- headlock:logRetentionDays: .*\n- headlock:retention: There is no such name\..*\n$/,
    );
  });
});

describe('headlock deploy', () => {
  const calls: (readonly string[])[] = [];
  const runCdk: RunCdk = async (args) => {
    calls.push(args);
    return 0;
  };
  const deploy = async (installation: string, answer: boolean) => {
    calls.length = 0;
    const findings: Finding[] = [];
    const ports = { runCdk, report: (more: readonly Finding[]) => findings.push(...more), confirm: async () => answer };
    const outcome = await deployInstallation({ installation, folder }, ports).catch((error: Error) => error.message);
    return { outcome, findings };
  };

  it('shows the account, and how to mend what is missing there, before anything is run', async () => {
    const { stacks } = deployed().answers;
    const { outcome, findings } = await deploy('headlock', true);
    expect(outcome).toMatch(
      /^Nothing was deployed: The CDK was never set up .*`npx cdk bootstrap aws:\/\/123456789012\//,
    );
    expect(findings[0]?.what).toMatch(/^You are arn:aws:sts::123456789012:\S+, in account 123456789012, region /);

    stacks.set('CDKToolkit', { status: 'UPDATE_COMPLETE', outputs: { BootstrapVersion: '5' } });
    expect((await deploy('headlock', true)).outcome).toMatch(/by version 5, and 6 is needed\. Run `npx cdk bootstrap/);
    stacks.set('CDKToolkit', { status: 'UPDATE_COMPLETE', outputs: { BootstrapVersion: '30' } });

    stacks.set('halted-service', { status: 'ROLLBACK_COMPLETE', outputs: {} });
    expect((await deploy('halted', true)).outcome).toMatch(
      /halted-service is in state ROLLBACK_COMPLETE\. It was never/,
    );
    stacks.set('halted-service', { status: 'UPDATE_IN_PROGRESS', outputs: {} });
    expect((await deploy('halted', true)).outcome).toMatch(/is being changed by somebody/);
    expect(calls).toEqual([]);

    // What a deployment leaves that was cut off at its change set never ends by itself.
    stacks.set('halted-service', { status: 'REVIEW_IN_PROGRESS', outputs: {} });
    expect((await deploy('halted', true)).findings.at(-1)).toMatchObject({ outcome: 'ok' });
    expect(calls).toHaveLength(2);
  });

  it('deploys exactly what it showed, once that is confirmed', async () => {
    const { outcome } = await deploy('headlock', false);
    expect(outcome).toMatchObject({ service: null });
    const where = ['--app', folder, '--region', process.env.AWS_REGION];
    expect(calls).toEqual([['diff', 'headlock-state', 'headlock-service', ...where]]);

    expect((await deploy('headlock', true)).outcome).toMatchObject({ service: { name: 'headlock-service' } });
    const approved = ['--require-approval', 'never', '--progress', 'events'];
    expect(calls.at(-1)).toEqual(['deploy', 'headlock-state', 'headlock-service', ...approved, ...where]);
  });

  it('runs the CDK that comes along, with its arguments as they are', async () => {
    const told: string[] = [];
    const status = await createCdkRunner(PROJECT, (text) => told.push(text))(['--version']);
    expect({ status, told: told.join('') }).toEqual({ status: 0, told: expect.stringMatching(/^2\.1148\.1 /) });
    expect(await createCdkRunner(PROJECT, () => {})(['no such; command'])).toBe(1);
  });

  it('asks at a terminal, and where there is none only goes on with --yes', async () => {
    const { status, stderr } = await runHeadlock(['deploy']);
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining('add --yes') });
  });

  it('says what is not as pinned', async () => {
    expect(await checkTools(PROJECT)).toMatchObject([{ outcome: 'ok' }, { outcome: 'ok' }]);
    const manifest = JSON.parse(await readFile(join(PROJECT, 'package.json'), 'utf8'));
    await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
    expect((await checkTools(folder))[1]).toMatchObject({
      outcome: 'amiss',
      what: expect.stringContaining('aws-cdk is missing'),
      remedy: `Run \`npm ci\` in ${folder}.`,
    });
  });
});

describe('headlock destroy', () => {
  it('keeps everything unless the name is typed, then deletes the service and says how to remove the rest', async () => {
    const { stacks } = deployed().answers;
    // Interfaces of a VPC, say, that were still in use: the stack is deleted again, by the same command.
    const service = stacks.get('headlock-service') ?? { outputs: {} };
    stacks.set('headlock-service', { ...service, status: 'DELETE_FAILED' });
    const kept = await runHeadlock(['destroy', '--stack', 'headlock']);
    expect(kept).toMatchObject({ status: 1, stderr: expect.stringContaining('Nothing was deleted') });
    expect(kept.stdout).toMatch(/Kept with the stack headlock-state: the table \S+ and the keys/);
    expect(stacks.has('headlock-service')).toBe(true);

    const gone = await runHeadlock(['destroy', '--stack', 'headlock', '--confirm', 'headlock']);
    expect(gone).toMatchObject({ status: 0, stderr: '' });
    expect(gone.stdout).toMatch(
      /headlock-service is deleted\.\n\nTo remove the state as well[\s\S]*--no-deletion-protection-enabled[\s\S]*(schedule-key-deletion.*\n.*){3}statementKeyArn.*\n.*once the keys are gone/,
    );
    expect([...stacks.keys()]).toContain('headlock-state');
    expect(stacks.has('headlock-service')).toBe(false);

    const again = await runHeadlock(['destroy', '--stack', 'headlock', '--confirm', 'headlock']);
    expect(again).toMatchObject({ status: 2, stderr: expect.stringContaining('There is no stack headlock-service') });
  });
});
