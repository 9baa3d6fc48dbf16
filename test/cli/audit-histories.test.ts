import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditReport } from '../../cli/audit/audit-report.ts';
import { commitPayload } from '../support/commit-bytes.ts';
import { startGitHttpServer } from '../support/git-http-server.ts';
import { createGitRepository, type GitRepository } from '../support/git-repository.ts';
import { runHeadlock } from '../support/run-headlock.ts';
import { describeWithSharedData, sharedData } from '../support/shared-data.ts';
import { createSshKey, type SshKeyPair } from '../support/signing.ts';

let key: SshKeyPair;
let repository: GitRepository;

beforeEach(async () => {
  key = await createSshKey();
});
afterEach(async () => {
  await Promise.all([repository.remove(), key.cleanup()]);
});

async function signedRepository(format: 'sha1' | 'sha256' = 'sha1'): Promise<GitRepository> {
  const created = await createGitRepository({ format });
  await created.run('config', 'gpg.format', 'ssh');
  await created.run('config', 'user.signingkey', key.path);
  return created;
}

async function audit(location: string, ...args: string[]): Promise<AuditReport> {
  const { status, stdout, stderr } = await runHeadlock(['audit', location, '--output', 'json', ...args]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout);
}

const SIGN = { args: ['-S'] };

describe('headlock audit', () => {
  it('reads a URL as it reads a folder', async () => {
    repository = await signedRepository();
    await repository.commit('One');
    await repository.commit('Two', SIGN);
    const server = await startGitHttpServer(repository.root);
    try {
      const url = `${server.url}/${repository.name}`;
      const remote = await audit(url);
      expect({ ...remote, location: '' }).toEqual({ ...(await audit(repository.path)), location: '' });
      expect(remote).toMatchObject({ location: url, commits: 2, proposal: { verified: 1 } });
    } finally {
      await server.close();
    }
  });

  it('reads repositories in SHA-256 format', async () => {
    repository = await signedRepository('sha256');
    const root = await repository.commit('One');
    await repository.commit('Two', SIGN);
    const { proposal, outcomes } = await audit(repository.path);
    expect(proposal).toMatchObject({ anchor: root, verified: 1 });
    expect(outcomes.signature).toEqual({ unsigned: 1, verified: 1 });
  });

  it('takes a branch of one commit, where there is nothing to judge', async () => {
    repository = await signedRepository();
    const only = await repository.commit('One', SIGN);
    const { trials, proposal } = await audit(repository.path);
    expect(trials.map(({ lock, anchor }) => ({ lock, anchor }))).toEqual(Array(9).fill({ lock: null, anchor: only }));
    expect(proposal).toMatchObject({ anchor: only, verified: 0 });
  });

  it('takes the branch that HEAD names, else main or master', async () => {
    repository = await signedRepository();
    await repository.commit('One');
    await repository.run('branch', '-m', 'trunk');
    expect((await audit(repository.path)).branch).toBe('trunk');
    await repository.run('branch', '-m', 'master');
    await repository.run('symbolic-ref', 'HEAD', 'refs/heads/gone');
    expect((await audit(repository.path)).branch).toBe('master');
  });

  it('says that a clone is shallow, and takes what is not there for old', async () => {
    repository = await signedRepository();
    await repository.commit('One');
    await repository.commit('Two', SIGN);
    await repository.commit('Three', SIGN);
    const clone = join(repository.root, 'shallow');
    await repository.run('clone', '-q', '--depth', '2', `file://${repository.path}`, clone);
    const report = await audit(clone);
    expect(report).toMatchObject({ shallow: true, commits: 2, proposal: { verified: 1 } });
    expect(report.trials.every(({ lock }) => lock === null)).toBe(true);
    const { stdout } = await runHeadlock(['audit', clone]);
    expect(stdout).toContain('The clone is shallow');
  });

  // Trust rule 1.2.
  it('counts commits that are malformed, and would lock on them', async () => {
    repository = await signedRepository();
    const root = await repository.commit('One');
    const malformed = await repository.writeObject('commit', commitPayload({ parents: [root], committer: 'nobody' }));
    await repository.run('update-ref', 'refs/heads/main', malformed);
    const { signatures, trials, outcomes } = await audit(repository.path);
    expect(signatures).toEqual({ openpgp: 0, ssh: 0, x509: 0, unsigned: 1, unreadable: 1 });
    expect(outcomes.ignore).toEqual({ malformed_commit: 1, unsigned: 1 });
    expect(trials[0]?.lock).toMatchObject({ commit: malformed, reason: 'malformed_commit', rule: '1.2' });
  });

  it('shows names of commits escaped', async () => {
    repository = await signedRepository();
    await repository.run('config', 'user.name', 'Mallory\u001b[31m');
    await repository.commit('One', SIGN);
    const { stdout } = await runHeadlock(['audit', repository.path]);
    expect(stdout).toContain('Mallory\ufffd[31m');
    expect(stdout).not.toContain('\u001b');
  });

  it('shows a bar on a terminal, and what it found after it', async () => {
    repository = await signedRepository();
    const commits = Array.from({ length: 200 }, (_, n) => ({ message: `Commit ${n}\n` }));
    let parents: readonly string[] = [];
    for (const { message } of commits)
      parents = [await repository.writeObject('commit', commitPayload({ parents, message }))];
    await repository.run('update-ref', 'refs/heads/main', parents[0] ?? '');
    const { stderr } = await runHeadlock(['audit', repository.path], { isTerminal: true });
    expect(stderr).toContain('Proving signatures  ████████████████████████  100 %  (200 of 200)');
    expect(stderr.endsWith('\r\u001b[K')).toBe(true);
  });
});

describeWithSharedData('headlock audit of keyless commits', () => {
  it('names the identity of each and who vouches for it, and proposes those whose time is proven', async () => {
    repository = await createGitRepository({ bare: true });
    const folder = sharedData('signatures', 'gitsign');
    const files = (await readdir(folder)).filter((name) => /^[0-9a-f]{40}/.test(name));
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const tip = await repository.writeObject('commit', await readFile(join(folder, file)));
      await repository.run('update-ref', 'refs/heads/main', tip);
      // Their parents are not there.
      await writeFile(join(repository.path, 'shallow'), `${tip}\n`);
      const { keys, outcomes, proposal } = await audit(repository.path);
      const [signer] = keys;
      expect(signer).toMatchObject({ format: 'x509', key: expect.stringMatching(/@.+ \(https:\/\//), commits: 1 });
      if (!PROVEN.test(file)) continue;
      expect(outcomes.ignore).toEqual({ verified: 1 });
      expect(proposal.yaml).toContain('    x509: { issuer: https://accounts.google.com, identity: ');
    }
  });
});

describeWithSharedData('headlock audit of nonguix', () => {
  it('finds every signer, what is unsigned, and what each keyTime would lock on', async () => {
    repository = await createGitRepository({ bare: true });
    const folder = sharedData('histories', 'nonguix');
    await repository.pipe(await readFile(join(folder, 'commits.pack')), 'index-pack', '--stdin');
    await repository.run('update-ref', 'refs/heads/master', 'caa8c0b4646b993537be13c9bc819b3df68ab9b2');
    const anchor = '897c1a470da759236cc11798f4e0a5f7d4d59fbc';
    const keys = ['--keys', join(folder, 'keys')];
    const { trials, signatures } = await audit(repository.path, ...keys, '--from', anchor);
    expect(signatures).toMatchObject({ openpgp: 2177, unsigned: 0 });
    const trialOf = (keyTime: string) => trials.find((trial) => trial.mode === 'all' && trial.keyTime === keyTime);
    expect(trialOf('ignore')).toMatchObject({ lock: null, anchor, verified: 2177 });
    const lock = { commit: expect.stringMatching(/^a7b69c15/), reason: 'expired_key', rule: '3.1' };
    expect(trialOf('signature')).toMatchObject({ lock, reaches: anchor });

    const whole = await audit(repository.path, ...keys);
    expect(whole).toMatchObject({ commits: 2662, outcomes: { ignore: { unsigned: 475, verified: 2187 } } });
    expect(whole.keys).toHaveLength(9);
    expect(whole.unsignedRanges.map(({ commits }) => commits)).toEqual([302, 63, 103]);
  });
});

/** The two that carry their log entry. */
const PROVEN = /^(?:44ed33f7|dc68e8ce)/;
