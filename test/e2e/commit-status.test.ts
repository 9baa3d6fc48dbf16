import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningHeadlock, startHeadlock } from '../../cli/operations/start-headlock.ts';
import { type PreparedPlayground, preparePlayground } from '../../cli/playground/prepare-playground.ts';
import { eventually } from '../support/eventually.ts';
import { cleanGitEnvironment } from '../support/git-repository.ts';
import { runHeadlock } from '../support/run-headlock.ts';
import { type StatusStandIn, startStatusStandIn } from '../support/status-stand-in.ts';

const { PATH = '/usr/bin:/bin' } = process.env;
let folder: string;
let forge: StatusStandIn;
let headlock: RunningHeadlock;
let playground: PreparedPlayground;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hl-status-'));
  forge = await startStatusStandIn();
  forge.tokens = ['t0ken'];
  headlock = await startHeadlock({ dataFolder: join(folder, 'data'), port: 0, searchPath: PATH });
  playground = await preparePlayground(headlock, PATH);
  const policy = await readFile(playground.policyFile, 'utf8');
  const asked = `    commitStatus: { secretRef: status-token }\n    apiUrl: ${forge.url}/api/v3\n    branches:`;
  await writeFile(playground.policyFile, policy.replace('    branches:', asked));
  await promisify(execFile)('git', ['clone', '-q', playground.cloneUrl, join(folder, 'clone')], {
    env: cleanGitEnvironment(folder),
  });
}, 120_000);
afterAll(async () => {
  await Promise.all([headlock.stop(), forge.close()]);
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
});

const run = (args: readonly string[], input = '') => runHeadlock([...args, '--data', join(folder, 'data')], { input });

async function git(...args: readonly string[]): Promise<string> {
  const config = {
    'user.name': 'https://evil.example/',
    'user.email': 'you@example.com',
    'gpg.format': 'ssh',
    'user.signingkey': playground.privateKeyFile,
  };
  const settings = Object.entries(config).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  const env = cleanGitEnvironment(folder);
  const { stdout } = await promisify(execFile)('git', [...settings, ...args], { cwd: join(folder, 'clone'), env });
  return stdout.trim();
}

/** Commits on top of `base` and pushes that. @returns the new tip. */
async function push(base: string, sign: '-S' | '--no-gpg-sign'): Promise<string> {
  await git('reset', '-q', '--hard', base);
  await git('commit', '-q', '--allow-empty', sign, '-m', 'Push');
  await git('push', '-q', '--force', 'origin', 'HEAD:main');
  return git('rev-parse', 'HEAD');
}

const untilTold = (commit: string, state: string, description: RegExp) =>
  eventually(() =>
    expect(forge.taken.findLast((each) => each.commit === commit)).toMatchObject({
      project: 'playground/playground',
      body: { state, context: 'headlock/verified', description: expect.stringMatching(description) },
    }),
  );
const untilTrusted = (commit: string) =>
  eventually(async () => {
    const state = await headlock.installation.branches.read({ repository: 'playground', branch: 'main' });
    expect(state).toMatchObject({ trusted: { oid: commit }, due: [] });
  });

/** On the embedded stack: decisions, their queue, that of statuses and both functions as they are deployed. One story. */
describe('the forge', () => {
  let trusted: string;

  it('is told of what is trusted as soon as the policy asks for it', async () => {
    expect(await run(['secret', 'set', 'status-token', '--purpose', 'status'], 't0ken')).toMatchObject({ status: 0 });
    const applied = await run(['apply', '-f', playground.policyFile]);
    expect(applied.stdout).toContain('commitStatus with secret status-token');
    trusted = await git('rev-parse', 'HEAD');
    await untilTold(trusted, 'success', /^Trusted and published \(sequence 1\)\.$/);
  });

  it('is told of a good push and of a bad one, with the reason and what to do, and nothing that a committer claims', async () => {
    trusted = await push(trusted, '-S');
    await untilTold(trusted, 'success', /^Trusted and published \(sequence 2\)\.$/);
    const bad = await push(trusted, '--no-gpg-sign');
    await untilTold(
      bad,
      'failure',
      new RegExp(`^Locked: unsigned at ${bad.slice(0, 12)}\\. Sign it: \`git commit --amend -S\``),
    );
    for (const { body } of forge.taken) {
      expect(body.target_url).toBe('https://playground.headlock.invalid');
      expect(body.description).not.toContain('evil');
    }
  });

  it('is told again when it was down, and holds up no decision meanwhile (rule 5.5)', async () => {
    forge.fault = () => ({ kind: 'status', status: 503 });
    trusted = await push(trusted, '-S');
    await untilTrusted(trusted);
    expect(forge.taken.some(({ commit }) => commit === trusted)).toBe(false);
    forge.fault = null;
    await untilTold(trusted, 'success', /sequence 3/);
    expect(await run(['status'])).toMatchObject({ status: 0 });
  });

  it('holds up no decision where it never answers', async () => {
    forge.fault = () => ({ kind: 'hang' });
    for (let n = 0; n < 2; n += 1) {
      trusted = await push(trusted, '-S');
      await untilTrusted(trusted);
    }
    await eventually(() => expect(forge.requests.at(-1)?.line).toContain('/statuses/'));
    expect(forge.taken.some(({ commit }) => commit === trusted)).toBe(false);
  });
});
