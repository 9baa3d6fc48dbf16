import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judgeKey } from '../../cli/aws/check-keys.ts';
import type { Finding } from '../../cli/finding.ts';
import { useDeployedInstallation } from '../support/deployed-installation.ts';
import { createGuardedRepository, type GuardedRepository } from '../support/guarded-repository.ts';
import { runHeadlock } from '../support/run-headlock.ts';

const deployed = useDeployedInstallation();
let repository: GuardedRepository;
let folder: string;

beforeAll(async () => {
  repository = await createGuardedRepository();
  folder = await mkdtemp(join(tmpdir(), 'hl-doctor-'));
});
afterAll(async () => {
  await repository.remove();
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
});

async function examine(...args: readonly string[]): Promise<{ status: number | null; findings: readonly Finding[] }> {
  const { status, stdout, stderr } = await runHeadlock(['doctor', ...args, '--output', 'json']);
  expect(stderr).toBe('');
  const { well, findings } = JSON.parse(stdout);
  expect(status).toBe(well ? 0 : 1);
  return { status, findings };
}

const about = (findings: readonly Finding[], text: string) => findings.find(({ what }) => what.includes(text));

// States of KMS keys (KMS Developer Guide, "Key states of AWS KMS keys").
it('says how a key that cannot be used is brought back', () => {
  const Arn = 'arn:aws:kms:eu-west-1:123456789012:key/1';
  const key = { KeyId: '1', Arn };
  expect(judgeKey('credentials', { ...key, KeyState: 'Disabled' })).toMatchObject({
    ...{ outcome: 'amiss', what: 'The key for credentials is disabled' },
    remedy: `Run \`aws kms enable-key --key-id ${Arn}\`.`,
  });
  const DeletionDate = new Date('2026-12-01T00:00:00Z');
  expect(judgeKey('statements', { ...key, KeyState: 'PendingDeletion', DeletionDate })).toMatchObject({
    ...{ outcome: 'amiss', what: expect.stringContaining('will be deleted 2026-12-01T00:00:00.000Z') },
    remedy: expect.stringMatching(/cancel-key-deletion .* then `aws kms enable-key/),
  });
  expect(judgeKey('statements', { ...key, KeyState: 'Unavailable' })).toMatchObject({ outcome: 'amiss' });
});

describe('headlock doctor', () => {
  it('tells a newcomer what to do first, and ends with 1', async () => {
    const { status, stdout } = await runHeadlock(['doctor', '--data', join(folder, 'none'), '-f', repository.policy]);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^✓ Node 24\S+\n✓ git is there\n/);
    expect(stdout).toMatch(/\n✗ There is no data folder .*\n {4}Run `headlock start` first/);
    // Somebody may run an instance of their own while the tests run.
    const isPortTaken = stdout.includes('\n✗ Port 4400 ');
    expect(stdout).toMatch(/\n✓ \S+headlock\.yaml is valid\n\n\d things? to mend\.\n$/);
    expect(stdout).toContain(isPortTaken ? '\n2 things to mend.' : '\n1 thing to mend.');
    const poor = await runHeadlock(['doctor', '--data', join(folder, 'none')], { settings: { searchPath: folder } });
    expect(poor.stdout).toMatch(/\n✗ git is missing: .*\n {4}Install git.*\n– gpg is missing/);
  });

  it('looks at a data folder, and says what is missing, open to others or not applied', async () => {
    await chmod(folder, 0o755);
    expect(about((await examine('--data', folder)).findings, 'Others can read')).toMatchObject({ outcome: 'amiss' });

    const { findings } = await examine('--data', folder, '-f', repository.policy);
    expect(about(findings, 'is closed to others')).toMatchObject({ outcome: 'ok' });
    expect(about(findings, 'No instance runs')).toMatchObject({ outcome: 'unknown', remedy: 'Run `headlock start`.' });
    expect(about(findings, 'No repository is guarded')).toMatchObject({ outcome: 'amiss' });
    expect(about(findings, 'but not applied for shop')).toMatchObject({ outcome: 'amiss' });
  });

  it('looks at an installation on AWS: stacks, alarms, API, secrets, branches', async () => {
    const { answers } = deployed();
    const { outputs } = answers.stacks.get('headlock-service') ?? { outputs: {} };
    Object.assign(outputs, { ApiUrl: 'http://127.0.0.1:1/' });
    await repository.writePolicy({ webhook: { secretRef: 'hook' } });
    await runHeadlock(['apply', '-f', repository.policy, '--stack', 'headlock']);
    const alarm = { AlarmName: 'headlock-sweep-silence', StateReason: '', StateUpdatedTimestamp: 0 };
    const remedy = 'The sweep does not run. Runbook: docs/operations.md#sweep-silence';
    const set = { ...alarm, StateValue: 'ALARM', AlarmDescription: remedy };
    // Another installation, whose name begins with this one's.
    answers.alarms.push(set, { ...set, AlarmName: 'headlock-staging-sweep-silence' });
    answers.alarms.push({ ...alarm, AlarmName: 'other-errors', StateValue: 'ALARM' });

    const { findings } = await examine('--stack', 'headlock', '-f', repository.policy);
    expect(about(findings, 'in account 123456789012')).toMatchObject({ outcome: 'ok' });
    expect(about(findings, 'headlock-service is well')).toMatchObject({ outcome: 'ok' });
    for (const use of ['data at rest', 'credentials', 'statements'])
      expect(about(findings, `key for ${use} is enabled`)).toMatchObject({ outcome: 'ok' });
    expect(about(findings, 'alarm headlock-sweep-silence')).toMatchObject({ remedy });
    expect(about(findings, 'staging')).toBeUndefined();
    expect(about(findings, 'other-errors')).toBeUndefined();
    // The embedded services have no such operation: that is said, and hides nothing else.
    expect(about(findings, 'Backups of the table')).toMatchObject({ outcome: 'unknown' });
    expect(about(findings, 'does not answer')).toMatchObject({ outcome: 'amiss' });
    expect(about(findings, 'applied as it is')).toMatchObject({ outcome: 'ok' });
    expect(about(findings, 'There is no secret hook')).toMatchObject({
      remedy: 'Run `headlock secret set hook --purpose webhook`.',
    });
    expect(about(findings, 'shop@main is Pending')).toMatchObject({ outcome: 'unknown' });
    expect(about(findings, 'No decisions are set aside')).toMatchObject({ outcome: 'ok' });

    const missing = await examine('--stack', 'staging');
    expect(about(missing.findings, 'staging cannot be looked at')?.remedy).toContain(
      'There is no stack staging-service',
    );
  });
});
