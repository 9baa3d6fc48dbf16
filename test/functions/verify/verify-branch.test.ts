import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { VerifyPorts } from '../../../functions/verify/ports.ts';
import { verifyBranch } from '../../../functions/verify/verify-branch.ts';
import type { Alert } from '../../../shared/model/alert.ts';
import type { BranchState } from '../../../shared/model/branch-state.ts';
import { DEFAULT_BRANCH_LIMITS } from '../../../shared/model/limits.ts';
import type { Oid } from '../../../shared/model/oid.ts';
import type { BranchPolicy, RepositoryPolicy } from '../../../shared/model/policy.ts';
import type { Signatory } from '../../../shared/model/signatory.ts';
import { parseSshPublicKey } from '../../../shared/signatures/ssh/parse-public-key.ts';
import { createSourceOpener } from '../../../shared/sources/open-sources.ts';
import type { BranchStore } from '../../../shared/store/branch-store.ts';
import { createDynamoAncestorStore } from '../../../shared/store/dynamo-ancestor-store.ts';
import { createDynamoBranchStore } from '../../../shared/store/dynamo-branch-store.ts';
import { createDynamoClient } from '../../../shared/store/dynamo-client.ts';
import { createDynamoHistoryStore } from '../../../shared/store/dynamo-history-store.ts';
import { createDynamoPolicyStore } from '../../../shared/store/dynamo-policy-store.ts';
import { createDynamoSeenStore } from '../../../shared/store/dynamo-seen-store.ts';
import { createDynamoStatementStore } from '../../../shared/store/dynamo-statement-store.ts';
import { createDynamoVerdictStore } from '../../../shared/store/dynamo-verdict-store.ts';
import type { PolicyStore } from '../../../shared/store/policy-store.ts';
import { actAs, ownerOf } from '../../support/act-as.ts';
import { createBranchState } from '../../support/branch-states.ts';
import { TABLE, useEmbeddedServices } from '../../support/embedded-services.ts';
import {
  type GitHttpServer,
  type GitServerFault,
  type GitServerRequest,
  startGitHttpServer,
} from '../../support/git-http-server.ts';
import { createGitRepository, type GitRepository } from '../../support/git-repository.ts';
import { createBranchPolicy, createPolicy } from '../../support/policies.ts';
import { createSignatory } from '../../support/signatories.ts';
import { createSshKey, type SshKeyPair } from '../../support/signing.ts';
import { createLocalSigner } from '../../support/statements.ts';

const services = useEmbeddedServices();

let key: SshKeyPair;
let repository: GitRepository;
let server: GitHttpServer;
let ports: VerifyPorts;
/** Only operators write policies. */
let operatorPolicies: PolicyStore;
let alerts: Alert[];
let now: Date;
let anchor: Oid;
let count = 0;
let name: string;
let secrets: Record<string, readonly string[]> = {};

beforeAll(async () => {
  key = await createSshKey();
  await actAs('verify', services());
  const client = createDynamoClient();
  operatorPolicies = createDynamoPolicyStore(new DynamoDBClient(ownerOf(services())), TABLE);
  ports = {
    branches: createDynamoBranchStore(client, TABLE),
    policies: createDynamoPolicyStore(client, TABLE),
    history: createDynamoHistoryStore(client, TABLE),
    seen: createDynamoSeenStore(client, TABLE),
    ancestors: createDynamoAncestorStore(client, TABLE),
    verdicts: createDynamoVerdictStore(client, TABLE),
    alerts: { publish: async (_, alert) => void alerts.push(alert) },
    openSources: createSourceOpener({ open: async (secret) => secrets[secret] ?? null }, {}),
    now: () => now,
    statuses: { send: async () => {} },
    queue: { send: async () => {} },
    signer: createLocalSigner(),
    statements: createDynamoStatementStore(client, TABLE),
    statementSeconds: 24 * 3600,
    lagSeconds: 120,
    verdictsPerStep: 10_000,
  };
});
afterAll(() => key.cleanup());

beforeEach(async () => {
  repository = await createGitRepository();
  await repository.run('config', 'gpg.format', 'ssh');
  await repository.run('config', 'user.signingkey', key.path);
  server = await startGitHttpServer(repository.root);
  anchor = await repository.commit('Begin');
  now = new Date('2026-06-01T00:00:00Z');
  alerts = [];
  secrets = {};
  count += 1;
  name = `shop-${count}`;
  return async () => {
    await server.close();
    await repository.remove();
  };
});

const signed = (message: string) => repository.commit(message, { args: ['-S'] });

async function guard(
  changes: Partial<BranchPolicy> = {},
  policyChanges: Partial<RepositoryPolicy> = {},
  others: readonly Signatory[] = [],
): Promise<void> {
  const branch = createBranchPolicy({ anchor, ...changes });
  const url = `${server.url}/${repository.name}`;
  const policy = createPolicy(name, { url, credentials: null, branches: [branch], ...policyChanges });
  const current = await ports.policies.readPolicy(name);
  const applied = await operatorPolicies.add(
    policy,
    [createSignatory([parseSshPublicKey(key.publicKey)], { emails: [] }), ...others],
    current?.version ?? 0,
  );
  if (applied === null) throw new Error('The policy was not added.');
  const state = await ports.branches.read({ repository: name, branch: 'main' });
  await ports.branches.write(
    state ??
      createBranchState({
        ref: { repository: name, branch: 'main' },
        anchor,
        enforcement: branch.enforcement,
        seenFrom: now.toISOString(),
      }),
  );
}

async function decide(minutesLater = 1): Promise<BranchState> {
  now = new Date(now.getTime() + minutesLater * 60_000);
  await verifyBranch({ repository: name, branch: 'main' }, ports);
  const state = await ports.branches.read({ repository: name, branch: 'main' });
  if (state === null) throw new Error('The branch has no state.');
  return state;
}

describe('verifyBranch', () => {
  it('publishes the anchor, then signed commits, then locks on an unsigned one and unlocks when it is replaced', async () => {
    await guard();
    expect(await decide()).toMatchObject({ sequence: 1, trusted: { oid: anchor }, lock: null, due: [] });
    const good = await signed('Good');
    expect(await decide()).toMatchObject({ sequence: 2, trusted: { oid: good }, lock: null });
    const bad = await repository.commit('Bad');
    expect(await decide()).toMatchObject({
      sequence: 2,
      trusted: { oid: good },
      lock: { commit: bad, reason: 'unsigned' },
      tip: { revision: bad },
    });
    await repository.run('reset', '-q', '--hard', good);
    const better = await signed('Better');
    expect(await decide()).toMatchObject({ sequence: 3, trusted: { oid: better }, lock: null });
    expect(alerts.map(({ event }) => event)).toEqual(['advanced', 'advanced', 'locked', 'advanced', 'unlocked']);
    const events = await ports.history.listEvents({ repository: name, branch: 'main' });
    expect(events.map(({ kind }) => kind)).toEqual(['advanced', 'advanced', 'locked', 'advanced', 'unlocked']);
    const revisions = await ports.history.listRevisions({ repository: name, branch: 'main' });
    expect(revisions.map(({ sequence, revision }) => [sequence, revision])).toEqual([
      [1, anchor],
      [2, good],
      [3, better],
    ]);
    expect(await ports.verdicts.read({ repository: name, branch: 'main' }, bad)).toMatchObject({
      policyVersion: 1,
      verdict: { outcome: 'refused', reason: 'unsigned' },
    });
  });

  it('trusts an ordinary merge of a side forked before the trusted revision (rule 1.6)', async () => {
    await repository.run('branch', 'side');
    await guard();
    const good = await signed('Good');
    expect(await decide()).toMatchObject({ trusted: { oid: good } });
    await repository.run('checkout', '-q', 'side');
    await signed('Side');
    await repository.run('checkout', '-q', 'main');
    await repository.run('merge', '-q', '--no-ff', '--no-commit', 'side');
    await signed('Merge');
    expect(await decide()).toMatchObject({ sequence: 2, trusted: { oid: await repository.head() }, lock: null });
    await repository.run('checkout', '-q', 'side');
    const bad = await repository.commit('Unsigned side');
    await repository.run('checkout', '-q', 'main');
    await repository.run('merge', '-q', '--no-ff', '--no-commit', 'side');
    await signed('Merge again');
    expect(await decide()).toMatchObject({ sequence: 2, lock: { commit: bad, reason: 'unsigned' } });
  });

  it('keeps an index of what git finds behind the published revision (rule 1.6)', async () => {
    await repository.run('branch', 'side');
    await guard();
    await signed('Good');
    await decide();
    const checkIndex = async () => {
      const { trusted, sequence } = await decide();
      if (trusted === null) throw new Error('Nothing is published.');
      const ref = { repository: name, branch: 'main' };
      const index = await ports.ancestors.read(ref, { revision: trusted.oid, sequence });
      const listed = (await repository.run('rev-list', 'main')).split('\n');
      expect([...(index ?? [])].sort()).toEqual(listed.sort());
    };
    for (const round of [1, 2]) {
      await repository.run('checkout', '-q', 'side');
      await signed(`Side ${round}`);
      await repository.run('checkout', '-q', 'main');
      await repository.run('merge', '-q', '--no-ff', '--no-commit', 'side');
      await signed(`Merge ${round}`);
      await checkIndex();
      await signed(`After ${round}`);
      await signed(`And another ${round}`);
      await checkIndex();
    }
  });

  it('writes nothing where nothing changed', async () => {
    await guard();
    await signed('Good');
    const { version } = await decide();
    expect((await decide(5)).version).toBe(version);
    await repository.commit('Bad');
    const locked = await decide();
    expect((await decide(5)).version).toBe(locked.version);
  });

  it('locks on a rewritten branch, and gives a lagging replica a second reading (rule 4.4)', async () => {
    await guard();
    const first = await signed('One');
    await decide();
    const second = await signed('Two');
    expect(await decide()).toMatchObject({ trusted: { oid: second } });
    await repository.run('reset', '-q', '--hard', first);
    expect(await decide()).toMatchObject({ lock: null, lagging: { revision: first }, trusted: { oid: second } });
    await repository.run('reset', '-q', '--hard', second);
    expect(await decide()).toMatchObject({ lock: null, lagging: null });
    await repository.run('reset', '-q', '--hard', first);
    await decide();
    expect(await decide(3)).toMatchObject({
      lock: { reason: 'history_rewritten', commit: first },
      trusted: { oid: second },
    });
    await repository.run('checkout', '-q', '--orphan', 'other');
    const orphan = await signed('Other');
    await repository.run('branch', '-f', 'main', 'other');
    expect(await decide()).toMatchObject({
      sequence: 2,
      lock: { reason: 'history_rewritten', commit: orphan },
      trusted: { oid: second },
    });
  });

  it('tells an ancestor that was never published from a rewrite', async () => {
    await guard();
    const between = await signed('Between');
    const tip = await signed('Tip');
    expect(await decide()).toMatchObject({ sequence: 1, trusted: { oid: tip } });
    await repository.run('reset', '-q', '--hard', between);
    expect(await decide()).toMatchObject({ lock: null, lagging: { revision: between } });
  });

  it('locks on a deleted branch only where the listing is complete', async () => {
    await guard();
    await signed('Good');
    await decide();
    await repository.run('checkout', '-q', '-b', 'other');
    await repository.run('branch', '-D', 'main');
    server.fault = ({ command }) => (command === 'ls-refs' ? { kind: 'truncated' } : null);
    expect(await decide()).toMatchObject({ lock: null, unreachable: { cause: 'bad_response' } });
    server.fault = null;
    expect(await decide()).toMatchObject({
      lock: { reason: 'branch_deleted', commit: null },
      unreachable: null,
      tip: null,
    });
  });

  it('never publishes past an anchor that is not in the history (rule 5.7)', async () => {
    const elsewhere = await repository.head();
    await repository.run('checkout', '-q', '--orphan', 'fresh');
    await signed('Fresh');
    await repository.run('branch', '-f', 'main', 'fresh');
    anchor = elsewhere;
    await guard();
    expect(await decide()).toMatchObject({ sequence: 0, trusted: null, lock: { reason: 'history_rewritten' } });
  });

  it('decides anew under another policy, and holds first seen (rules 3.1, 5.1)', async () => {
    await guard({ matchEmail: true });
    const good = await signed('Good');
    expect(await decide()).toMatchObject({ lock: { commit: good, reason: 'bad_email' } });
    const seen = now;
    await guard({ matchEmail: false });
    expect(await decide(60)).toMatchObject({ policyVersion: 2, trusted: { oid: good }, lock: null });
    const recorded = await ports.verdicts.read({ repository: name, branch: 'main' }, good);
    expect(recorded?.verdict.firstSeen).toBe(seen.getTime() / 1000);
  });

  it('keeps first seen of a commit that is dropped and comes back (rule 3.1)', async () => {
    await guard();
    const bad = await repository.commit('Bad');
    await decide();
    const seen = now.getTime() / 1000;
    await repository.run('reset', '-q', '--hard', anchor);
    const good = await signed('Good');
    expect(await decide(60)).toMatchObject({ trusted: { oid: good }, lock: null });
    await repository.run('merge', '-q', '--no-ff', '--no-commit', bad);
    await signed('Merge');
    expect(await decide(60)).toMatchObject({ lock: { commit: bad } });
    const recorded = await ports.verdicts.read({ repository: name, branch: 'main' }, bad);
    expect(recorded?.verdict.firstSeen).toBe(seen);
  });

  it('keeps first seen where the run that wrote it was cut off before its decision (rule 3.1)', async () => {
    await guard();
    await decide();
    const first = await signed('First');
    const cutOff = { write: () => Promise.reject(new Error('Cut off.')), read: ports.verdicts.read };
    now = new Date(now.getTime() + 60_000);
    const seen = now.getTime() / 1000;
    const run = verifyBranch({ repository: name, branch: 'main' }, { ...ports, verdicts: cutOff });
    await expect(run).rejects.toThrow('Cut off.');
    expect(await decide(60)).toMatchObject({ trusted: { oid: first } });
    const recorded = await ports.verdicts.read({ repository: name, branch: 'main' }, first);
    expect(recorded?.verdict.firstSeen).toBe(seen);
  });

  it('judges a signature from the future again when it is due (rule 3.2)', async () => {
    await guard();
    await decide();
    const early = await repository.commit('Early', { date: `${now.getTime() / 1000 + 1200} +0000`, args: ['-S'] });
    expect(await decide()).toMatchObject({
      lock: { commit: early, reason: 'future_signature' },
      recheckAt: '2026-06-01T00:16:00.000Z',
    });
    expect(await decide(5)).toMatchObject({ lock: { reason: 'future_signature' } });
    expect(await decide(10)).toMatchObject({ trusted: { oid: early }, lock: null, recheckAt: null });
  });

  it('trusts what an operator vouches for, and says so in verdict and audit trail (rules 2.7, 5.4)', async () => {
    await guard();
    const unsigned = await repository.commit('Of a departed author');
    const tip = await signed('On top');
    expect(await decide()).toMatchObject({ lock: { commit: unsigned, reason: 'unsigned' } });
    await guard({}, { accepted: [{ commit: unsigned, reason: 'Reviewed in CHG-7' }] });
    expect(await decide()).toMatchObject({ trusted: { oid: tip }, lock: null });
    const ref = { repository: name, branch: 'main' };
    const recorded = await ports.verdicts.read(ref, unsigned);
    expect(recorded).toMatchObject({
      policyVersion: 2,
      verdict: { outcome: 'verified', format: 'policy', justification: 'Reviewed in CHG-7', against: 'unsigned' },
    });
    const advanced = (await ports.history.listEvents(ref)).findLast(({ kind }) => kind === 'advanced');
    expect(advanced?.details).toMatchObject({ revision: tip, accepted: `${unsigned}: Reviewed in CHG-7` });
  });

  it('finds a denied commit again under another id, while it is sent, later by its verdict, and by its payload (rule 2.7)', async () => {
    const denied = await signed('Stolen');
    const raw = await repository.readObject(denied);
    // An empty line at the armor's end: the same payload under the same signature, and another id.
    const rewrapped = await repository.writeObject(
      'commit',
      raw.toString('latin1').replace(/(\n -----END SSH SIGNATURE-----)\n/, '$1\n \n'),
    );
    expect(rewrapped).not.toBe(denied);
    const point = (commit: Oid) => repository.run('update-ref', 'refs/heads/main', commit);
    const entry = { commit: denied, reason: 'Signed on a stolen laptop' };

    // Never met: by its own id alone. The payload is the strong form.
    await point(rewrapped);
    await guard({}, { denied: [entry] });
    const { verdicts } = ports;
    const before = await decide();
    expect(before).toMatchObject({ trusted: { oid: rewrapped }, lock: null });
    const payloadSha256 =
      (await verdicts.read({ repository: name, branch: 'main' }, rewrapped))?.verdict.payloadSha256 ?? '';

    name = `${name}-payload`;
    await guard({}, { denied: [{ payloadSha256, reason: entry.reason }] });
    expect(await decide()).toMatchObject({ trusted: { oid: anchor }, lock: { commit: rewrapped, reason: 'denied' } });

    name = `${name}-id`;
    await guard({}, { denied: [entry], accepted: [{ commit: denied, reason: 'A mistake' }] });
    await point(denied);
    expect(await decide()).toMatchObject({ trusted: { oid: anchor }, lock: { commit: denied, reason: 'denied' } });
    await point(rewrapped);
    const locked = await decide();
    expect(locked).toMatchObject({ trusted: { oid: anchor }, lock: { commit: rewrapped, reason: 'denied' } });
    expect(locked.lock?.message).toContain('is denied by the policy: Signed on a stolen laptop');
  });

  it("trusts a forge's merges only where nothing new can hide in them (rule 3.5)", async () => {
    const forgeKey = await createSshKey();
    const forge = createSignatory([parseSshPublicKey(forgeKey.publicKey)], {
      name: 'Forge',
      limit: 'up-to-date-merges',
    });
    await guard({}, {}, [forge]);
    const byForge = { args: [`-S${forgeKey.path}`] };
    await repository.run('checkout', '-q', '-b', 'side');
    const side = await repository.commit('Side', { files: { side: '1' }, args: ['-S'] });
    await repository.run('checkout', '-q', 'main');
    await repository.run('merge', '-q', '--no-ff', '--no-commit', side);
    const merge = await repository.commit('Merge', byForge);
    expect(await decide()).toMatchObject({ trusted: { oid: merge }, lock: null });
    await repository.run('checkout', '-q', 'side');
    const more = await repository.commit('More', { files: { side: '2' }, args: ['-S'] });
    await repository.run('checkout', '-q', 'main');
    await repository.run('merge', '-q', '--no-ff', '--no-commit', more);
    const free = await repository.commit('Free', byForge);
    expect(await decide()).toMatchObject({ trusted: { oid: merge }, lock: { commit: free, reason: 'not_authorized' } });
    await forgeKey.cleanup();
  });

  it('publishes only what a publisher signed (rule 4.8)', async () => {
    await guard({ publishers: ['Maintainers'] });
    const good = await signed('Good');
    const locked = await decide();
    expect(locked).toMatchObject({ trusted: { oid: anchor }, lock: { commit: good, reason: 'not_authorized' } });
    expect(locked.lock?.message).toContain('is signed by Alice');
    expect(locked.lock?.nextStep).toContain('Maintainers');
    await guard({ publishers: ['Maintainers', 'Alice'] });
    expect(await decide()).toMatchObject({ trusted: { oid: good }, lock: null });
  });

  it('starts again from the policy where somebody else wrote the branch (rule 5.1)', async () => {
    await guard();
    const good = await signed('Good');
    let interfered = false;
    const branches: BranchStore = {
      ...ports.branches,
      write: async (state) => {
        if (!interfered) {
          interfered = true;
          await guard({ matchEmail: true });
        }
        return ports.branches.write(state);
      },
    };
    await verifyBranch({ repository: name, branch: 'main' }, { ...ports, branches });
    const state = await ports.branches.read({ repository: name, branch: 'main' });
    expect(state).toMatchObject({
      policyVersion: 2,
      trusted: { oid: anchor },
      lock: { commit: good, reason: 'bad_email' },
    });
  });

  it('delivers what a crashed run owed before it decides anew (rule 5.5)', async () => {
    await guard();
    const failing = { publish: () => Promise.reject(new Error('SNS is down.')) };
    await expect(verifyBranch({ repository: name, branch: 'main' }, { ...ports, alerts: failing })).rejects.toThrow(
      'SNS is down.',
    );
    expect((await ports.branches.read({ repository: name, branch: 'main' }))?.due).not.toEqual([]);
    const good = await signed('Good');
    expect(await decide()).toMatchObject({ trusted: { oid: good }, due: [] });
    expect(alerts.map(({ event }) => event)).toEqual(['advanced', 'advanced']);
  });

  it('decides, records and alerts where the forge cannot be told, and has it told later (rule 5.5)', async () => {
    await guard({}, { commitStatus: { token: null } });
    const ref = { repository: name, branch: 'main' };
    let calls = 0;
    const statuses = { send: () => Promise.reject(new Error(`No queue for call ${++calls}.`)) };
    for (const call of [1, 2]) {
      await verifyBranch(ref, { ...ports, statuses });
      expect([alerts.length, calls]).toEqual([1, call]);
      expect(await ports.branches.read(ref)).toMatchObject({ due: [{ kind: 'status', commit: anchor }] });
    }
    const good = await signed('Good');
    await verifyBranch(ref, { ...ports, statuses });
    const state = await ports.branches.read(ref);
    expect(state).toMatchObject({ trusted: { oid: good }, sequence: 2 });
    expect(state?.due.map((due) => due.kind === 'status' && due.commit)).toEqual([anchor, good]);
    // The queue that refuses one is not asked for the next: each takes as long as its attempts.
    expect([alerts.length, calls]).toEqual([2, 3]);
    const told: Oid[] = [];
    await verifyBranch(ref, { ...ports, statuses: { send: async ({ commit }) => void told.push(commit) } });
    expect([told, (await ports.branches.read(ref))?.due]).toEqual([[anchor, good], []]);
    expect(alerts).toHaveLength(2);
  });

  it('owes no more statuses than an item takes, and the newest (rule 5.5)', async () => {
    await guard({}, { commitStatus: { token: null } });
    const ref = { repository: name, branch: 'main' };
    const state = await ports.branches.read(ref);
    if (state === null) throw new Error('The branch has no state.');
    const due = Array.from({ length: 150 }, (_, n) => ({ kind: 'status' as const, id: `9:${n}`, commit: anchor }));
    await ports.branches.write({ ...state, due: [...state.due, ...due] });
    const statuses = { send: () => Promise.reject(new Error('No queue.')) };
    await verifyBranch(ref, { ...ports, statuses });
    const owed = (await ports.branches.read(ref))?.due ?? [];
    expect([owed.length, owed[0]?.kind, owed.at(-2)?.id]).toEqual([100, 'status', '9:149']);
  });

  it('leaves a branch that others keep writing to the queue before its time runs out (rule 5.1)', async () => {
    await guard();
    const ref = { repository: name, branch: 'main' };
    let decisions = 0;
    const overtaken: BranchStore = {
      ...ports.branches,
      write: async () => {
        decisions += 1;
        now = new Date(now.getTime() + 6_000);
        return null;
      },
    };
    await expect(verifyBranch(ref, { ...ports, branches: overtaken })).rejects.toMatchObject({ code: 'contended' });
    expect(decisions).toBe(2);
  });

  it('publishes an observed tip in a dry run, and no proof of it (rule 4.6)', async () => {
    await guard({ enforcement: 'report' });
    const bad = await repository.commit('Bad');
    expect(await decide()).toMatchObject({
      trusted: { oid: anchor },
      lock: { commit: bad },
      observedTip: { revision: bad, enforced: false },
    });
    await guard({ enforcement: 'enforce' });
    expect(await decide()).toMatchObject({ trusted: { oid: anchor }, observedTip: null });
  });

  it('never observes a malformed tip, also where the branch was rewritten (rule 4.6)', async () => {
    await guard({ enforcement: 'report' });
    await decide();
    await repository.run('checkout', '-q', '--orphan', 'other');
    const other = await repository.commit('Other');
    await repository.run('branch', '-f', 'main', other);
    expect(await decide()).toMatchObject({ lock: { commit: other }, observedTip: { revision: other } });
    const raw = (await repository.readObject(other))
      .toString()
      .replace('author', 'author Zoe <zoe@example.com> 0 +0000\nauthor');
    const malformed = await repository.writeObject('commit', raw);
    await repository.run('update-ref', 'refs/heads/main', malformed);
    expect(await decide()).toMatchObject({ lock: { commit: malformed }, observedTip: null });
  });

  it('locks on a range past its limit (rule 4.7)', async () => {
    await guard({ limits: { ...DEFAULT_BRANCH_LIMITS, commits: 3 } });
    await decide();
    for (const message of ['One', 'Two', 'Three', 'Four']) await signed(message);
    expect(await decide()).toMatchObject({ trusted: { oid: anchor }, lock: { reason: 'limit_exceeded' } });
  });
});

describe('a forge that fails', () => {
  const atFetch = (fault: GitServerFault) => (request: GitServerRequest) =>
    request.command === 'fetch' ? fault : null;

  it.each<[string, GitHttpServer['fault'], string]>([
    ['is down', null, 'connection'],
    ['answers 401', () => ({ kind: 'status', status: 401 }), 'refused_credentials'],
    ['answers 503', () => ({ kind: 'status', status: 503 }), 'server_error'],
    ['sends half a pack', atFetch({ kind: 'truncated' }), 'truncated_pack'],
    ['breaks off', atFetch({ kind: 'cut' }), 'connection'],
  ])('is recorded where it %s, loses nothing, and heals', async (_, fault, cause) => {
    await guard();
    await decide();
    const good = await signed('Good');
    if (fault === null) await server.close();
    server.fault = fault;
    expect(await decide()).toMatchObject({ trusted: { oid: anchor }, lock: null, unreachable: { cause, attempts: 1 } });
    if (fault === null) {
      server = await startGitHttpServer(repository.root);
      await guard();
    }
    server.fault = null;
    expect(await decide()).toMatchObject({ trusted: { oid: good }, unreachable: null });
  });

  it('never trusts an object whose bytes do not hash to the id that it was asked for by (rule 1.1)', async () => {
    await guard();
    await decide();
    const good = await signed('Good');
    for (let offset = 12; offset < 60; offset += 7) {
      server.fault = ({ command }) => (command === 'fetch' ? { kind: 'corrupt-pack', offset } : null);
      expect((await decide()).trusted?.oid).toBe(anchor);
    }
    server.fault = null;
    expect((await decide()).trusted?.oid).toBe(good);
  });

  it('names a secret that is missing, and tries the former value of one that rotates', async () => {
    const password = 'correct horse';
    await server.close();
    server = await startGitHttpServer(repository.root, { credentials: { kind: 'basic', username: 'bot', password } });
    await guard({}, { credentials: { username: 'bot', password: { secretRef: 'shop-token' } } });
    expect(await decide()).toMatchObject({
      unreachable: { cause: 'missing_secret', message: expect.stringContaining('headlock secret set shop-token') },
    });
    secrets = { 'shop-token': ['wrong'] };
    const refused = await decide();
    expect(refused.unreachable?.cause).toBe('refused_credentials');
    expect(JSON.stringify(refused)).not.toContain('wrong');
    secrets = { 'shop-token': ['wrong', password] };
    expect(await decide()).toMatchObject({ trusted: { oid: anchor }, unreachable: null });
  });
});
