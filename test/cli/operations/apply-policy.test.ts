import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppliedRepository, applyPolicy } from '../../../cli/operations/apply-policy.ts';
import { dropSecret } from '../../../cli/operations/drop-secret.ts';
import { type PolicyPlan, planPolicy } from '../../../cli/operations/plan-policy.ts';
import { storeSecret } from '../../../cli/operations/store-secret.ts';
import { createSshKey } from '../../../cli/playground/create-ssh-key.ts';
import { readPolicy } from '../../../cli/policy/read-policy.ts';
import type { BranchState } from '../../../shared/model/branch-state.ts';
import { PolicyError } from '../../../shared/model/policy-error.ts';
import { mintTrustedRevision } from '../../../shared/model/trusted-revision.ts';
import type { DecisionHint } from '../../../shared/queue/decision-queue.ts';
import { createDynamoAppDirectory } from '../../../shared/store/dynamo-app-directory.ts';
import { createDynamoClient } from '../../../shared/store/dynamo-client.ts';
import { useEmbeddedInstallation } from '../../support/embedded-installation.ts';
import { TABLE } from '../../support/embedded-services.ts';
import { oidOf } from '../../support/small-history.ts';

const installation = useEmbeddedInstallation();
const NOW = '2026-11-21T11:00:00.000Z';
const act = { actor: 'local operator ana', now: NOW };
const key = createSshKey('alice').publicKey;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hl-apply-'));
});
afterAll(() => rm(folder, { recursive: true }));

interface Repository {
  readonly name: string;
  readonly branches?: Readonly<Record<string, string>>;
  readonly url?: string;
  readonly more?: string;
}

/** Each test has repositories of its own, but one file names all that are guarded. */
async function write(repositories: readonly Repository[]): Promise<string> {
  const path = join(folder, `${Math.random()}.yaml`);
  const entries = repositories.map(
    ({ name, branches = { main: oidOf('a') }, url = `https://git.example.com/${name}.git`, more = '' }) => `
  - name: ${name}
    url: ${url}
    provider: github
    branches:${Object.entries(branches)
      .map(([branch, anchor]) => `\n      - { name: ${branch}, anchor: ${anchor} }`)
      .join('')}
    signatories: [{ name: Alice, ssh: "${key}" }]${more}`,
  );
  await writeFile(
    path,
    `apiVersion: headlock/v1\nverifier: https://headlock.example.com/test\nrepositories:${entries.join('')}\n`,
  );
  return path;
}

async function plan(repositories: readonly Repository[]): Promise<PolicyPlan> {
  const path = await write(repositories);
  return planPolicy(await readPolicy(path), path, installation());
}

async function apply(repositories: readonly Repository[]): Promise<readonly AppliedRepository[]> {
  const { repositories: plans } = await plan(repositories);
  const applied: AppliedRepository[] = [];
  for (const one of plans) applied.push(await applyPolicy(one, act, installation()));
  return applied;
}

async function stateOf(repository: string, branch = 'main'): Promise<BranchState> {
  const state = await installation().branches.read({ repository, branch });
  if (state === null) throw new Error(`${repository}@${branch} has no state`);
  return state;
}

async function hintedBranches(): Promise<readonly string[]> {
  return (await installation().takeHints()).map(({ ref }) => `${ref.repository}@${ref.branch}`);
}

describe('applying a policy', () => {
  it('adds a repository: its first version, a state and a hint for each branch', async () => {
    expect(await apply([{ name: 'one', branches: { main: oidOf('a'), next: oidOf('b') } }])).toEqual([
      { repository: 'one', version: 1, branches: ['main', 'next'], tags: false },
    ]);
    expect(await stateOf('one', 'next')).toMatchObject({
      version: 1,
      sequence: 0,
      anchor: oidOf('b'),
      due: [{ event: { kind: 'created', actor: act.actor } }],
    });
    expect(await installation().policies.readApplied('one')).toMatchObject({
      version: 1,
      signatories: [{ name: 'Alice' }],
    });
    expect(await hintedBranches()).toEqual(['one@main', 'one@next']);
  });

  it('makes no new version of what is unchanged', async () => {
    await apply([{ name: 'one', branches: { main: oidOf('a'), next: oidOf('b') } }]);
    const { repositories } = await plan([{ name: 'one', branches: { main: oidOf('a'), next: oidOf('b') } }]);
    expect(repositories).toMatchObject([{ kind: 'unchanged', repository: 'one' }]);
    expect(await installation().policies.readPolicy('one')).toMatchObject({ version: 1 });
  });

  it('raises the version of every branch, so that a verifier that read the former policy fails its write (trust rule 5.1)', async () => {
    await apply([{ name: 'two', branches: { main: oidOf('a'), next: oidOf('b') } }]);
    await installation().takeHints();
    const read = await stateOf('two', 'next');
    await apply([
      { name: 'two', branches: { main: oidOf('a'), next: oidOf('b') }, more: '\n    webhook: { secretRef: x }' },
    ]);
    expect(await installation().branches.write({ ...read, sequence: 1 })).toBeNull();
    expect(await stateOf('two', 'next')).toMatchObject({ version: read.version + 1, sequence: 0 });
    expect(await hintedBranches()).toContain('two@next');
  });

  it('finishes what an apply that was cut off left undone', async () => {
    await apply([{ name: 'three' }]);
    const [next] = await readPolicy(await write([{ name: 'three', branches: { main: oidOf('a'), next: oidOf('b') } }]));
    if (next === undefined) throw new Error('the policy names one repository');
    await installation().policies.add(next.policy, next.signatories, 1);
    const before = await stateOf('three');

    expect((await apply([{ name: 'three', branches: { main: oidOf('a'), next: oidOf('b') } }])).at(0)).toEqual({
      repository: 'three',
      version: 2,
      branches: ['main', 'next'],
      tags: false,
    });
    expect(await stateOf('three', 'next')).toMatchObject({ sequence: 0, due: [{ event: { kind: 'created' } }] });
    expect((await stateOf('three')).version).toBe(before.version + 1);
  });

  it('retires what left the file and resumes it with its sequence (trust rule 5.6)', async () => {
    await apply([{ name: 'four', branches: { main: oidOf('a'), next: oidOf('b') } }]);
    const decided = { ...(await stateOf('four')), sequence: 7, trusted: mintTrustedRevision(oidOf('c')) };
    await installation().branches.write(decided);

    await apply([{ name: 'four', branches: { next: oidOf('b') } }]);
    expect(await stateOf('four')).toMatchObject({ retired: true, sequence: 7 });
    expect(await stateOf('four', 'next')).toMatchObject({ retired: false });
    const retired = await stateOf('four');
    await apply([{ name: 'four', branches: { next: oidOf('b') }, more: '\n    webhook: { secretRef: x }' }]);
    expect(await stateOf('four')).toEqual(retired);

    await apply([{ name: 'five' }]);
    expect(await installation().policies.listRepositories()).toEqual(['five']);
    expect(await stateOf('four', 'next')).toMatchObject({ retired: true });

    const [four] = await apply([{ name: 'four', branches: { main: oidOf('a'), next: oidOf('b') } }]);
    expect(four).toMatchObject({ version: 4 });
    expect(await stateOf('four')).toMatchObject({ retired: false, sequence: 7, trusted: { oid: oidOf('c') } });
  });

  it('audits a changed URL (trust rule 5.6)', async () => {
    await apply([{ name: 'six' }]);
    await apply([{ name: 'six', url: 'https://elsewhere.example.com/six.git' }]);
    expect((await stateOf('six')).due.at(-1)).toMatchObject({
      event: {
        kind: 'policy_changed',
        details: { formerUrl: 'https://git.example.com/six.git', url: 'https://elsewhere.example.com/six.git' },
      },
    });
  });

  it('loses nothing where verifiers write the branch at the same time', async () => {
    await apply([{ name: 'seven' }]);
    const { branches } = installation();
    const busy = {
      ...branches,
      read: async (ref: BranchState['ref']) => {
        const state = await branches.read(ref);
        // A verifier that is always a moment faster, three times.
        if (state !== null && state.sequence < 3) await branches.write({ ...state, sequence: state.sequence + 1 });
        return state;
      },
    };
    const { repositories } = await plan([{ name: 'seven', more: '\n    webhook: { secretRef: x }' }]);
    for (const one of repositories) await applyPolicy(one, act, { ...installation(), branches: busy });
    expect(await stateOf('seven')).toMatchObject({
      sequence: 3,
      due: [{ event: { kind: 'created' } }, { event: { kind: 'policy_changed' } }],
    });
  });

  it('refuses where somebody else applied in between', async () => {
    await apply([{ name: 'eight' }]);
    const { repositories } = await plan([{ name: 'eight', more: '\n    webhook: { secretRef: x }' }]);
    await apply([{ name: 'eight', more: '\n    webhook: { secretRef: y }' }]);
    const [eight] = repositories;
    if (eight === undefined) throw new Error('the plan has one repository');
    await expect(applyPolicy(eight, act, installation())).rejects.toMatchObject({ code: 'policy_conflict' });
    expect((await installation().policies.readPolicy('eight'))?.policy.webhook).toEqual({ secretRef: 'y' });
  });
});

describe('planning a policy', () => {
  it('refuses a changed anchor, naming the unlock, and a file: URL, each with its line, and all at once', async () => {
    await apply([{ name: 'nine' }]);
    const path = await write([
      { name: 'nine', branches: { main: oidOf('f') } },
      { name: 'ten', url: 'file:///srv/ten.git' },
      { name: 'eleven', url: 'https://git.example.com/a/b/c.git', more: '\n    commitStatus: { secretRef: status }' },
    ]);
    const refused = await planPolicy(await readPolicy(path), path, installation()).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(PolicyError);
    expect((refused as PolicyError).problems).toMatchObject([
      {
        file: path,
        line: 8,
        message: expect.stringContaining(`headlock unlock nine main --sequence 0 --to ${oidOf('f')}`),
      },
      { file: path, line: 11, message: expect.stringContaining('https URL') },
      { file: path, line: 22, message: expect.stringContaining('OWNER/NAME') },
    ]);
    expect(await stateOf('nine')).toMatchObject({ anchor: oidOf('a') });
  });

  it('warns of secrets that are not there, with the command that stores each', async () => {
    const value = { value: Buffer.from('x'), add: false, now: new Date() };
    await storeSecret({ name: 'eleven-webhook', purpose: 'webhook', ...value }, installation());
    const credentials = '\n    credentials: { username: x, password: { secretRef: eleven-webhook } }';
    const more = `\n    webhook: { secretRef: eleven-missing }${credentials}`;
    expect((await plan([{ name: 'eleven', more }])).warnings).toEqual([
      expect.stringMatching(
        /^There is no secret eleven-missing: .*`headlock secret set eleven-missing --purpose webhook`\.$/,
      ),
      expect.stringMatching(/^The secret eleven-webhook is stored for webhook: .* --purpose git`\.$/),
    ]);
    expect((await plan([{ name: 'eleven', more: '\n    webhook: { secretRef: eleven-webhook }' }])).warnings).toEqual(
      [],
    );
  });

  it('lists the repositories of an app for its webhook, names its secrets, and takes out what leaves it', async () => {
    const app =
      '{ name: acme, provider: github, appId: 1, privateKey: { secretRef: a-key }, webhook: { secretRef: a-hook } }';
    const read = async (repositories: readonly Repository[]) => {
      const path = await write(repositories);
      await writeFile(path, (await readFile(path, 'utf8')).replace('repositories:', `apps: [${app}]\nrepositories:`));
      return planPolicy(await readPolicy(path), path, installation());
    };
    const url = 'https://github.com/acme/by-app.git';
    const more = '\n    credentials: { app: acme }\n    commitStatus: { secretRef: a-token }';
    const added = await read([{ name: 'by-app', url, more }]);
    expect(
      added.warnings.map((warning) => /^There is no secret (\S+): .* --purpose (\w+)`\.$/.exec(warning)?.slice(1)),
    ).toEqual([
      ['a-key', 'app'],
      ['a-hook', 'webhook'],
      ['a-token', 'status'],
    ]);
    for (const one of added.repositories) await applyPolicy(one, act, installation());
    const directory = createDynamoAppDirectory(createDynamoClient(), TABLE);
    expect(await directory.readWebhook('acme')).toEqual({ secretRef: 'a-hook' });
    expect(await directory.findRepositories('acme', 'https://github.com/acme/by-app')).toEqual(['by-app']);
    await storeSecret(
      { name: 'a-hook', purpose: 'webhook', value: Buffer.from('x'), add: false, now: new Date() },
      installation(),
    );
    expect(await dropSecret('a-hook', installation())).toEqual(['by-app']);

    for (const one of (await read([{ name: 'by-none', url }])).repositories)
      await applyPolicy(one, act, installation());
    expect(await directory.readWebhook('acme')).toBeNull();
    expect(await directory.findRepositories('acme', 'https://github.com/acme/by-app')).toEqual([]);
  });

  it('finishes a removal that was cut off (trust rule 5.6)', async () => {
    const [keep, drop] = [{ name: 'cut-keep' }, { name: 'cut-drop' }];
    await apply([keep, drop]);
    const { repositories } = await plan([keep]);
    const removal = repositories.find(({ repository }) => repository === 'cut-drop');
    if (removal === undefined) throw new Error('The plan removes nothing.');
    const { branches } = installation();
    const failing = { ...installation(), branches: { ...branches, list: () => Promise.reject(new Error('cut off')) } };
    await expect(applyPolicy(removal, act, failing)).rejects.toThrow('cut off');
    expect((await stateOf('cut-drop')).retired).toBe(false);
    const withoutQueue = { ...installation(), queue: { send: () => Promise.reject(new Error('no queue')) } };
    await expect(applyPolicy(removal, act, withoutQueue)).rejects.toThrow('no queue');
    expect(await stateOf('cut-drop')).toMatchObject({ retired: true, due: [{}, {}] });
    // Trust rule 5.5: what the branch owes is delivered by whoever follows the hint.
    const hinted: string[] = [];
    const queue = { send: async ({ ref }: DecisionHint) => void hinted.push(ref.repository) };
    for (const one of (await plan([keep])).repositories) await applyPolicy(one, act, { ...installation(), queue });
    expect(hinted).toContain('cut-drop');
    expect((await stateOf('cut-drop')).retired).toBe(true);
    expect(await installation().policies.listRepositories()).not.toContain('cut-drop');
  });
});

describe('what a policy says of single commits', () => {
  it('tells in the audit trail which commits it accepts and denies (trust rules 2.7, 5.4)', async () => {
    const more = `
    accepted: [{ commit: ${oidOf('c')}, reason: Old key }]
    denied: [{ commit: ${oidOf('d')}, reason: Stolen }]`;
    await apply([{ name: 'vouched' }]);
    await apply([{ name: 'vouched', more }]);
    const changed = (await stateOf('vouched')).due.at(-1);
    expect(changed).toMatchObject({
      event: {
        kind: 'policy_changed',
        actor: 'local operator ana',
        details: { policyVersion: '2', accepted: `${oidOf('c')}: Old key`, denied: `${oidOf('d')}: Stolen` },
      },
    });
  });

  it('warns of keys that end within thirty days', async () => {
    const now = new Date('2026-11-01T00:00:00Z');
    const warningsOf = async (until: string) => {
      const path = await write([{ name: 'ending' }]);
      const text = await readFile(path, 'utf8');
      await writeFile(path, text.replace('name: Alice,', `name: Alice, validUntil: ${until},`));
      return (await planPolicy(await readPolicy(path), path, installation(), now)).warnings;
    };
    expect(await warningsOf('2026-12-01T00:00:00Z')).toEqual([
      expect.stringMatching(/^SHA256:\S+ of Alice ends at 2026-12-01T00:00:00\.000Z: .*Extend or replace the key\.$/),
    ]);
    expect(await warningsOf('2026-12-01T00:00:01Z')).toEqual([]);
    expect(await warningsOf('2026-11-01T00:00:00Z')).toEqual([]);
  });

  it('warns where a limit to merges rests on sides that the mode does not judge (trust rule 3.5)', async () => {
    const warningsOf = async (mode: string, limit: string, verify?: string) => {
      const path = await write([{ name: 'limited' }]);
      const text = (await readFile(path, 'utf8'))
        .replace('name: main,', `name: main, mode: ${mode},`)
        .replace('name: Alice,', `name: Alice, limit: ${limit},`);
      const tags = `    tags: [{ pattern: "v*", verify: ${verify} }]\n`;
      await writeFile(path, verify === undefined ? text : text.replace('    signatories:', `${tags}    signatories:`));
      return (await planPolicy(await readPolicy(path), path, installation())).warnings;
    };
    expect(await warningsOf('all', 'merges')).toEqual([]);
    expect(await warningsOf('head', 'merges')).toEqual([
      'limited@main has mode head, which does not judge the sides of a merge: whoever holds the keys of Alice is trusted with everything that it merges there. Mode `all` judges them.',
    ]);
    expect(await warningsOf('first-parent', 'up-to-date-merges')).toEqual([
      'limited@main has mode first-parent, which does not judge the sides of a merge: the merges of Alice count there only where they bring nothing but a commit that is judged. Mode `all` judges them.',
    ]);
    // Trust rule 4.9: a tag's commit is judged by itself.
    expect(await warningsOf('all', 'merges', 'tag')).toEqual([]);
    const where = 'limited has tags with `verify: tag-and-commit`, which does not judge the sides of a merge';
    expect(await warningsOf('all', 'merges', 'tag-and-commit')).toEqual([
      `${where}: whoever holds the keys of Alice is trusted with everything that it merges there.`,
    ]);
    expect(await warningsOf('all', 'up-to-date-merges', 'tag-and-commit')).toEqual([
      `${where}: no merge of Alice counts there. Tag a commit that somebody else signed, or write \`verify: tag\`.`,
    ]);
  });
});
