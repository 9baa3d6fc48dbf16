import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createToken } from '../../cli/operations/create-token.ts';
import { type RunningHeadlock, startHeadlock } from '../../cli/operations/start-headlock.ts';
import { type PublishedAlert, parseAlert } from '../../cli/output/describe-alert.ts';
import { PLAYGROUND } from '../../cli/playground/playground-policy.ts';
import { type PreparedPlayground, preparePlayground } from '../../cli/playground/prepare-playground.ts';
import { eventually } from '../support/eventually.ts';
import { cleanGitEnvironment } from '../support/git-repository.ts';
import { runHeadlock } from '../support/run-headlock.ts';

const { PATH = '/usr/bin:/bin' } = process.env;
const alerts: PublishedAlert[] = [];
let folder: string;
let headlock: RunningHeadlock;
let playground: PreparedPlayground;
let token: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hl-tags-'));
  headlock = await startHeadlock({ dataFolder: join(folder, 'data'), port: 0, searchPath: PATH });
  headlock.instance.onAlert(({ message }) => alerts.push(parseAlert(message)));
  playground = await preparePlayground(headlock, PATH);
  const made = await createToken(
    { name: 'agent', repositories: [PLAYGROUND], days: null, now: new Date() },
    headlock.installation,
  );
  token = made.text;
  const policy = await readFile(playground.policyFile, 'utf8');
  await writeFile(
    playground.policyFile,
    policy.replace('    branches:', '    tags: [{ pattern: "v*" }]\n    branches:'),
  );
  await promisify(execFile)('git', ['clone', '-q', playground.cloneUrl, join(folder, 'clone')], {
    env: cleanGitEnvironment(folder),
  });
}, 120_000);
afterAll(async () => {
  await headlock.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
});

const run = (...args: readonly string[]) => runHeadlock([...args, '--data', join(folder, 'data')]);

async function git(...args: readonly string[]): Promise<string> {
  const config = {
    'user.name': 'You',
    'user.email': 'you@example.com',
    'gpg.format': 'ssh',
    'user.signingkey': playground.privateKeyFile,
  };
  const settings = Object.entries(config).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  const env = cleanGitEnvironment(folder);
  const { stdout } = await promisify(execFile)('git', [...settings, ...args], { cwd: join(folder, 'clone'), env });
  return stdout.trim();
}

async function published(tag: string): Promise<Record<string, unknown>> {
  const url = `${headlock.instance.connection.apiUrl}/v1/repositories/${PLAYGROUND}/trusted-revision?tag=${tag}`;
  const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  return (await answer.json()) as Record<string, unknown>;
}

const untilPublished = (tag: string, expected: object) =>
  eventually(async () => expect(await published(tag)).toMatchObject(expected));
const untilAlert = (event: string, text: string) =>
  eventually(() => {
    const titles = alerts.filter(({ metadata }) => metadata.eventType === event).map(({ content }) => content.title);
    expect(titles.join('\n')).toContain(text);
  });

/** On the embedded stack: webhook, queue, functions and API as they are deployed. One story, told in order. */
describe('a release tag (trust rule 4.9)', () => {
  let commit: string;
  let object: string;
  let moved: string;

  it('is published once it is pushed, by its webhook', async () => {
    const applied = await run('apply', '-f', playground.policyFile);
    expect(applied.stdout).toContain('tags v*: verify tag-and-commit');
    expect(applied.stdout).toContain('1 branch, tags of playground decided anew');
    await git('commit', '-q', '-S', '--allow-empty', '-m', 'Signed');
    commit = await git('rev-parse', 'HEAD');
    await git('tag', '-s', '-m', 'A release', 'v1', 'HEAD');
    object = await git('rev-parse', 'refs/tags/v1');
    await git('push', '-q', 'origin', 'v1');
    await untilPublished('v1', { state: 'Trusted', revision: commit, object, sequence: 1 });
    await untilAlert('advanced', 'refs/tags/v1 is trusted');
  });

  it('that is unsigned is locked, and named by status', async () => {
    await git('tag', '-a', '-m', 'Unsigned', 'v2', 'HEAD');
    await git('push', '-q', 'origin', 'v2');
    await untilPublished('v2', { state: 'Locked', revision: null, lock: { reason: 'unsigned' } });
    await eventually(async () => {
      const { status, stdout } = await run('status');
      expect(stdout).toMatch(
        /\nplayground +refs\/tags +1 trusted, 1 locked\nplayground +refs\/tags\/v2 +Locked +– +0 +\d+[sm] +unsigned: Tag v2 /,
      );
      expect(status).toBe(1);
    });
  });

  it('that is re-pointed stays published, and people are told', async () => {
    await git('tag', '-s', '-f', '-m', 'Another one', 'v1', 'HEAD');
    moved = await git('rev-parse', 'refs/tags/v1');
    await git('push', '-q', '--force', 'origin', 'v1');
    await untilPublished('v1', {
      state: 'Locked',
      revision: commit,
      object,
      lock: { reason: 'tag_moved', commit: moved },
    });
    await untilAlert('locked', 'refs/tags/v1 locked: tag_moved');
    const { status, stdout } = await run('status', PLAYGROUND, 'refs/tags/v1');
    expect(status).toBe(1);
    expect(stdout).toContain(`object      ${object}\n`);
    expect(stdout).toContain(`headlock unlock playground refs/tags/v1 --sequence 1 --to ${moved} --reason "why"`);
  });

  it('is accepted by an operator, who names the sequence and gives a reason (trust rule 5.3)', async () => {
    const unlock = ['unlock', PLAYGROUND, 'refs/tags/v1', '--reason', 'Tagged again'];
    expect(await run(...unlock, '--sequence', '7', '--to', moved)).toMatchObject({ status: 1, stdout: '' });
    const done = await run(...unlock, '--sequence', '1', '--to', moved);
    expect(done).toMatchObject({
      status: 0,
      stdout: `playground@refs/tags/v1 is published at ${moved} (sequence 2).\n`,
    });
    await untilPublished('v1', { state: 'Trusted', object: moved, revision: commit, sequence: 2, lock: null });
    await untilAlert('reanchored', 'refs/tags/v1 changed by an operator');
    expect(await run(...unlock, '--sequence', '2', '--clear')).toMatchObject({ status: 1 });
    expect(await run('status', PLAYGROUND, 'refs/tags/v9')).toMatchObject({ status: 2 });
  });

  it('that was moved is published no more where an operator says so, and then is judged as a new one', async () => {
    await git('tag', '-a', '-f', '-m', 'Unsigned', 'v1', 'HEAD');
    await git('push', '-q', '--force', 'origin', 'v1');
    await untilPublished('v1', { state: 'Locked', object: moved });
    const cleared = await run(
      'unlock',
      PLAYGROUND,
      'refs/tags/v1',
      '--sequence',
      '2',
      '--clear',
      '--reason',
      'Withdrawn',
    );
    expect(cleared.stdout).toContain('is published no more (sequence 3)');
    await untilPublished('v1', {
      state: 'Locked',
      object: null,
      revision: null,
      sequence: 3,
      lock: { reason: 'unsigned' },
    });
    const { stdout } = await run('log', PLAYGROUND, 'refs/tags/v1', '--output', 'json');
    const kinds = JSON.parse(stdout).events.map(({ kind }: { kind: string }) => kind);
    expect(kinds).toEqual(['locked', 'reanchored', 'locked', 'reanchored', 'locked', 'advanced']);
  });

  it('has an object that the operator names, or none is accepted', async () => {
    const tree = await git('rev-parse', 'HEAD^{tree}');
    const refused = await run('unlock', PLAYGROUND, 'refs/tags/v1', '--sequence', '3', '--to', tree, '--reason', 'Try');
    expect(refused).toMatchObject({ status: 1, stdout: '' });
    expect(refused.stderr).toContain('cannot be accepted');
    const light = await run(
      'unlock',
      PLAYGROUND,
      'refs/tags/v1',
      '--sequence',
      '3',
      '--to',
      commit,
      '--reason',
      'Bare',
    );
    expect(light.stdout).toContain(`is published at ${commit} (sequence 4)`);
    await untilPublished('v1', { state: 'Locked', object: commit, revision: commit, lock: { reason: 'tag_moved' } });
  });
});
