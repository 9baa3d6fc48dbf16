import { execFile } from 'node:child_process';
import { chmod, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { PROJECT } from '../../infra/local/connection.ts';
import type { Oid } from '../../shared/model/oid.ts';
import { readCodeBlocks } from '../support/documentation.ts';
import { createGuardedRepository, type GuardedRepository } from '../support/guarded-repository.ts';

const blocks = await readCodeBlocks('checking.md');

let repository: GuardedRepository;
beforeAll(async () => {
  repository = await createGuardedRepository();
});
afterAll(() => repository.remove());

interface Ran {
  readonly status: number;
  readonly output: string;
}

/** Runs a program in a folder; what it wrote to standard output and error, in that order. */
function run(folder: string, program: string, args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  return new Promise((resolve) => {
    const options = { cwd: folder, env: { ...repository.env, ...env } };
    execFile(program, [...args], options, (error, stdout, stderr) =>
      resolve({ status: error === null ? 0 : Number(error.code), output: stdout + stderr }),
    );
  });
}

describe('the pre-push hook', () => {
  const [hook = '', setUp = ''] = blocks.filter(({ heading }) => heading === 'Before a push').map(({ text }) => text);
  let remote: string;
  let signed: Oid;

  beforeAll(async () => {
    remote = join(repository.root, 'remote.git');
    await repository.run('clone', '-q', '--bare', repository.path, remote);
    await repository.run('remote', 'add', 'origin', remote);
    await writeFile(join(repository.path, '.git', 'hooks', 'pre-push'), hook);
    await symlink(PROJECT, join(String(repository.env.HOME), 'headlock'));
    await symlink(repository.root, join(String(repository.env.HOME), 'policy'));
  });

  const push = (...refs: string[]) => run(repository.path, 'git', ['push', '-q', 'origin', ...refs]);
  const onRemote = async (ref: string) =>
    (await run(remote, 'git', ['rev-parse', '-q', '--verify', ref])).output.trim();

  it('is told where things are, and says so until then', async () => {
    await chmod(join(repository.path, '.git', 'hooks', 'pre-push'), 0o755);
    signed = await repository.commit('Signed', { args: ['-S'] });
    expect(await push('main')).toMatchObject({ status: 1, output: expect.stringContaining('headlock.checkout PATH') });
    expect(await run(repository.path, 'sh', ['-ec', setUp])).toEqual({ status: 0, output: '' });
  });

  it('lets pass what the branch would advance to', async () => {
    const { status, output } = await push('main');
    expect(output).toContain('(1 commit verified)');
    expect({ status, tip: await onRemote('main') }).toEqual({ status: 0, tip: signed });
  });

  it('refuses what would lock the branch, and says why', async () => {
    await repository.commit('Slip');
    const { status, output } = await push('main', 'HEAD:refs/heads/topic');
    expect(output).toContain('carries no signature.');
    expect({ status, tip: await onRemote('main') }).toEqual({ status: 1, tip: signed });
    await repository.run('reset', '-q', '--hard', signed);
  });

  it('refuses history that was rewritten, and the deletion of a guarded branch', async () => {
    await repository.run('checkout', '-q', '-B', 'other', repository.anchor);
    await repository.commit('Rewritten', { args: ['-S'] });
    expect(await push('+other:main')).toMatchObject({
      status: 1,
      output: expect.stringContaining('would be rewritten'),
    });
    expect(await push(':main')).toMatchObject({ status: 1, output: expect.stringContaining('if it were deleted') });
    expect(await onRemote('main')).toBe(signed);
    await repository.run('checkout', '-q', 'main');
  });

  it('lets tags and branches pass that nobody guards, new, changed or deleted', async () => {
    const unsigned = await repository.commit('Draft');
    await repository.run('tag', 'main', unsigned);
    expect(await push('HEAD:refs/heads/draft', 'refs/tags/main', 'HEAD:refs/heads/a/main')).toMatchObject({
      status: 0,
    });
    expect(await push(':draft', ':refs/tags/main')).toMatchObject({ status: 0 });
    await repository.run('tag', '-d', 'main');
    await repository.run('reset', '-q', '--hard', signed);
  });

  it('checks a guarded branch that is new on the remote from the anchor on', async () => {
    await run(remote, 'git', ['update-ref', '-d', 'refs/heads/main']);
    await repository.commit('Slip');
    expect(await push('main')).toMatchObject({ status: 1, output: expect.stringContaining('carries no signature') });
    expect(await onRemote('main')).toBe('');
    await repository.run('reset', '-q', '--hard', signed);
    expect(await push('main')).toMatchObject({ status: 0, output: expect.stringContaining('(1 commit verified)') });
    expect(await onRemote('main')).toBe(signed);
  });
});

describe('the recipes for pull and merge requests', () => {
  let folder: string;
  let base: Oid;
  let good: Oid;
  let bad: Oid;
  const recipe = (heading: string): string => blocks.find((block) => block.heading === heading)?.text ?? '';

  beforeAll(async () => {
    folder = repository.root;
    await repository.run('checkout', '-q', '-B', 'change', repository.anchor);
    good = await repository.commit('Change', { args: ['-S'] });
    bad = await repository.commit('Unsigned change');
    await repository.run('checkout', '-q', 'main');
    base = await repository.commit('Meanwhile', { args: ['-S'] });
    // The policy of the branch under test trusts nobody: it must not be read (trust rule 3.4).
    await writeFile(join(repository.path, 'headlock.yaml'), 'apiVersion: none\n');
    await repository.run(
      'clone',
      '-q',
      '--depth=1',
      '--branch=change',
      `file://${repository.path}`,
      join(folder, 'thin'),
    );
  });

  it.each([
    ['a signed change', () => good, 0, '(1 commit verified)'],
    ['an unsigned one', () => bad, 1, 'carries no signature'],
  ])('GitHub: judges %s by the policy beside it', async (_, head, status, expected) => {
    const { jobs } = parse(recipe('Pull requests at GitHub'));
    const steps: { run?: string; env?: object; with?: { path: string } }[] = jobs.verify.steps;
    expect(steps.flatMap((step) => step.with?.path ?? [])).toEqual(['change', 'policy', 'headlock']);
    // What runs on a machine of GitHub alone: checkouts, and the registry.
    const [install, verify, ...rest] = steps.flatMap((step) => step.run ?? []);
    expect([install, ...rest]).toEqual(['npm ci --prefix headlock']);
    const named = { change: repository.path, policy: folder, headlock: PROJECT };
    const at = join(folder, `github-${status}`);
    await run(folder, 'mkdir', [at]);
    for (const [name, path] of Object.entries(named)) await symlink(path, join(at, name));
    const ran = await run(at, 'sh', ['-ec', verify ?? ''], { BASE: base, HEAD: head() });
    expect(ran).toEqual({ status, output: expect.stringContaining(expected) });
  });

  it.each([
    ['a signed change', () => good, 0, '(1 commit verified)'],
    ['an unsigned one', () => bad, 1, 'carries no signature'],
  ])('GitLab: judges %s by the policy beside it', async (_, head, status, expected) => {
    const { signatures } = parse(recipe('Merge requests at GitLab'));
    const script: string[] = signatures.script;
    const skipped = script.filter((line) => /^(git clone|npm ci) /.test(line));
    expect(skipped).toHaveLength(3);
    const at = join(folder, `gitlab-${status}`);
    await run(folder, 'mkdir', [at]);
    for (const [name, path] of Object.entries({ policy: folder, headlock: PROJECT })) {
      await symlink(path, join(at, name));
    }
    await run(folder, 'git', ['clone', '-q', `file://${repository.path}`, join(at, 'change')]);
    const lines = script.filter((line) => !skipped.includes(line)).join('\n');
    const variables = { CI_COMMIT_SHA: head(), CI_MERGE_REQUEST_DIFF_BASE_SHA: repository.anchor };
    const ran = await run(join(at, 'change'), 'sh', ['-ec', lines], variables);
    expect(ran).toEqual({ status, output: expect.stringContaining(expected) });
  });

  it('a clone that is too shallow is told what to do', async () => {
    const [verify = ''] = parse(recipe('Pull requests at GitHub')).jobs.verify.steps.flatMap(
      (step: { run?: string }) => (step.run?.includes('verify') ? [step.run] : []),
    );
    const at = join(folder, 'shallow');
    await run(folder, 'mkdir', [at]);
    const named = { change: join(folder, 'thin'), policy: folder, headlock: PROJECT };
    for (const [name, path] of Object.entries(named)) await symlink(path, join(at, name));
    const withoutBase = verify.replace(/^from=.*$/m, `from=${repository.anchor}`);
    const ran = await run(at, 'sh', ['-ec', withoutBase], { HEAD: bad });
    expect(ran).toEqual({ status: 2, output: expect.stringContaining('git fetch --unshallow') });
  });
});
