import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServices } from '../../infra/local/services/start-services.ts';
import { createGuardedRepository, type GuardedRepository } from '../support/guarded-repository.ts';
import { runHeadlock } from '../support/run-headlock.ts';

let repository: GuardedRepository;
let folder: string;

beforeAll(async () => {
  repository = await createGuardedRepository();
  folder = await mkdtemp(join(tmpdir(), 'hl-restore-'));
});
afterAll(async () => {
  await repository.remove();
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
});

describe('headlock restore', () => {
  it('says which folder an instance runs on', async () => {
    const [busy, fresh] = [join(folder, 'busy'), join(folder, 'untouched')];
    const services = await startServices({ folder: busy });
    const { status, stderr } = await runHeadlock([
      'restore',
      '--from-data',
      busy,
      '--data',
      fresh,
      '--as-of',
      '2026-01-01T00:00:00Z',
    ]);
    await services.close();
    expect([status, stderr]).toEqual([2, expect.stringContaining(`${busy} is in use: stop the instance`)]);
  });

  it('carries the copy of a data folder over into a new one, which shows nothing before a policy is applied (trust rule 5.6)', async () => {
    const [copy, fresh] = [join(folder, 'copy'), join(folder, 'fresh')];
    // A folder that is there is opened by the commands themselves, without any instance.
    await runHeadlock([
      'restore',
      '--data',
      copy,
      '--from-data',
      folder,
      '--as-of',
      '2026-01-01T00:00:00Z',
      '--dry-run',
    ]);
    const applied = await runHeadlock(['apply', '-f', repository.policy, '--data', copy]);
    expect(applied).toMatchObject({ status: 0 });

    const args = ['restore', '--data', fresh, '--from-data', copy];
    expect(await runHeadlock(args)).toMatchObject({ status: 2, stderr: expect.stringContaining('Say with --as-of') });
    const asOf = new Date(Date.now() - 1000).toISOString();
    const restored = await runHeadlock([...args, '--as-of', asOf]);
    expect(restored).toMatchObject({ status: 0, stderr: '' });
    expect(restored.stdout).toMatch(/^REPOSITORY .*\nshop +main +– +0 +3\d{6}\n[\s\S]*Nothing of it is served yet\./);

    const before = await runHeadlock(['status', '--data', fresh, '--output', 'json']);
    expect(JSON.parse(before.stdout).branches).toEqual([]);
    const doctor = await runHeadlock(['doctor', '--data', fresh]);
    expect(doctor).toMatchObject({ status: 1, stdout: expect.stringMatching(/✗ shop@main is in the policy, but not/) });
    expect(await runHeadlock(['apply', '-f', repository.policy, '--data', fresh])).toMatchObject({ status: 0 });
    expect((await runHeadlock(['doctor', '--data', fresh])).stdout).not.toContain('is in the policy, but not');
    const after = await runHeadlock(['status', '--data', fresh, '--output', 'json']);
    const [branch] = JSON.parse(after.stdout).branches;
    expect(branch).toMatchObject({ state: 'Pending', revision: null });
    expect(branch.sequence).toBeGreaterThan(3_600_000);

    const again = await runHeadlock([...args, '--as-of', asOf]);
    expect(again).toMatchObject({ status: 2, stderr: expect.stringContaining('a restore never overwrites') });
  });

  it.each([
    [['--from-table', 'x'], 'Name the backup: the copy of a data folder with --from-data, or a table with --stack'],
    [['--from-data', '/nowhere'], 'There is no folder /nowhere'],
    [['--from-data', '/', '--as-of', 'yesterday'], 'Write a time as 2026-11-20T03:00:00Z'],
  ])('%j ends with 2 and one line', async (args, message) => {
    const { status, stderr } = await runHeadlock(['restore', ...args]);
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining(message) });
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});
