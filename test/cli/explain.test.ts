import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Oid } from '../../shared/model/oid.ts';
import { createGuardedRepository, type GuardedRepository } from '../support/guarded-repository.ts';
import { runHeadlock } from '../support/run-headlock.ts';

let repository: GuardedRepository;
let side: Oid;
let signed: Oid;
let unsigned: Oid;

beforeAll(async () => {
  repository = await createGuardedRepository();
  await repository.run('checkout', '-q', '-b', 'side', repository.anchor);
  side = await repository.commit('Aside', { args: ['-S'] });
  await repository.run('checkout', '-q', 'main');
  signed = await repository.commit('Signed', { args: ['-S'] });
  await repository.run('merge', '-q', '-S', '--no-ff', '-m', 'Merge', side);
  unsigned = await repository.commit('Slip \u001b[31m');
});
afterAll(() => repository.remove());

const explain = (commit: string, ...args: string[]) =>
  runHeadlock(['explain', repository.path, commit, '-f', repository.policy, ...args]);

async function explainAsJson(commit: string) {
  const { status, stdout } = await explain(commit, '--output', 'json');
  const { checks, ...rest } = JSON.parse(stdout);
  const marked = (outcome: string) =>
    checks
      .filter((check: { outcome: string }) => check.outcome === outcome)
      .map((check: { rule: string }) => check.rule);
  return { status, ...rest, passed: marked('passed'), failed: marked('failed') };
}

describe('headlock explain, of a repository on this machine', () => {
  it('shows every check of a good commit with its rule, its key and its times', async () => {
    const { status, stdout, stderr } = await explain(signed.slice(0, 10));
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(
      new RegExp(`^${signed} by Alice <alice@example.com>  Signed\nshop@main, judged now\n\n✓  1.1 `),
    );
    expect(stdout).toMatch(/\n✓ {2}2.3 {2}A key of the policy .* SHA256:\S{43} of Alice\n/);
    expect(stdout).toMatch(/\n✓ {2}2.5 .* ssh-ed25519\n/);
    expect(stdout).toMatch(/\n✓ {2}3.1 .* first seen \S+ \S+ UTC \(keyTime: first-seen\)\n/);
    expect(stdout).not.toMatch(/✗|–|X\.509/);
    expect(stdout).toMatch(/\n\nVerified: signed by Alice\n$/);
  });

  it('shows which check a bad commit fails, why, and what to do, and ends with 1', async () => {
    const { status, stdout } = await explain('HEAD');
    expect(status).toBe(1);
    expect(stdout).toContain(`${unsigned} by Alice <alice@example.com>  Slip \ufffd[31m\n`);
    expect(stdout).toMatch(/\n✗ {2}4.1 {2}It carries a signature +unsigned: carries no signature\.\n– {2}2.1 /);
    expect(stdout).toMatch(/\nRefused: unsigned\n {2}Next: Sign it: `git commit --amend -S`/);
  });

  it('says whose a good signature is that does not count any more (rule 3.1)', async () => {
    const signatories = [{ name: 'Alice', ssh: repository.key.publicKey, validUntil: '2020-01-01' }];
    await repository.writePolicy({ signatories });
    const { status, stdout } = await explain(signed);
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /\n✓ {2}2.3 {2}A key of the policy .* of Alice\n✓ {2}3.3 .*\n✓ {2}2.3 {2}The key may sign\n✗ {2}3.1 /,
    );
    await repository.writePolicy({});
  });

  it('explains a commit of a merged side branch as part of the branch', async () => {
    expect(await explainAsJson(side)).toMatchObject({ status: 0, trusted: true, failed: [] });
  });

  it('shows what the policy accepts and denies (rule 2.7)', async () => {
    await repository.writePolicy({ accepted: [{ commit: unsigned, reason: 'CHG-7' }] });
    const accepted = await explain('HEAD');
    expect(accepted).toMatchObject({ status: 0, stdout: expect.stringMatching(/\n✗ {2}4.1 .* unsigned\n/) });
    expect(accepted.stdout).toMatch(/\n✓ {2}2.7 {2}An operator vouches for it in the policy +CHG-7\n/);
    expect(accepted.stdout).toContain('Verified: accepted by the policy in spite of unsigned');
    await repository.writePolicy({ denied: [{ commit: signed, reason: 'INC-3' }] });
    expect(await explainAsJson(signed)).toMatchObject({
      ...{ status: 1, trusted: false, failed: ['2.7'], passed: expect.arrayContaining(['2.3', '3.1', '3.5']) },
      verdict: { reason: 'denied', message: 'is denied by the policy: INC-3' },
    });
    await repository.writePolicy({});
  });

  it('says what else keeps the branch from a verified commit (rule 4.8)', async () => {
    const signatories = [
      { name: 'Alice', ssh: repository.key.publicKey },
      { name: 'Release', ssh: repository.key.publicKey, validUntil: '2020-01-01' },
    ];
    const branches = [{ name: 'main', anchor: repository.anchor, publishers: ['Release'] }];
    await repository.writePolicy({ branches, signatories });
    const { status, stdout } = await explain(signed);
    expect(status).toBe(1);
    expect(stdout).toContain('Verified, and yet shop@main locks on it: not_authorized\n');
    expect(stdout).toContain('must be signed by a publisher: Release');
    await repository.writePolicy({});
  });

  it('says why there is nothing to explain, and ends with 2', async () => {
    await repository.run('branch', 'elsewhere', await repository.run('commit-tree', '-m', 'Other', 'HEAD^{tree}'));
    for (const [commit, message] of [
      [repository.anchor, 'is the anchor: trust starts there on your word'],
      ['elsewhere', 'is not judged on main: it is neither on top of the anchor'],
      ['HEAD~9', 'git finds no commit `HEAD~9`'],
    ] as const) {
      const { status, stdout, stderr } = await explain(commit);
      expect({ status, stdout, stderr }).toEqual({ status: 2, stdout: '', stderr: expect.stringContaining(message) });
    }
    await repository.run('branch', '-D', 'elsewhere');
  });
});
