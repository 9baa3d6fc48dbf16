import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyPolicy } from '../../../cli/operations/apply-policy.ts';
import type { Installation } from '../../../cli/operations/installation.ts';
import { createInstallation } from '../../../cli/operations/open-installation.ts';
import { type RestoreRequest, restoreTable } from '../../../cli/operations/restore-table.ts';
import { findBranch } from '../../../functions/trusted-revision/find-branch.ts';
import { allTagsOf, tagRefOf } from '../../../shared/model/tag-ref.ts';
import { mintTrustedRevision } from '../../../shared/model/trusted-revision.ts';
import { createDynamoHistoryStore } from '../../../shared/store/dynamo-history-store.ts';
import { createGuardedTags } from '../../../shared/trust/apply-tags.ts';
import { createBranchState } from '../../support/branch-states.ts';
import { useEmbeddedServices } from '../../support/embedded-services.ts';
import { createBranchPolicy, createPolicy } from '../../support/policies.ts';
import { oidOf } from '../../support/small-history.ts';
import { createNewTagState } from '../../support/tag-states.ts';

const services = useEmbeddedServices();
const REF = { repository: 'payments', branch: 'main' };
const TAG = tagRefOf('payments', 'v1');
const PUBLISHED = oidOf('b');
const ANCHOR = createBranchPolicy().anchor;
const act = { actor: 'an operator', now: '2026-11-22T10:00:00.000Z' };
let client: DynamoDBClient;
let backup: Installation;

/** The raise of an hour, and of the margin. */
const LEAST = 3600 * 1000;

async function createTable(name: string): Promise<Installation> {
  const key = (AttributeName: string, KeyType: string) => ({ AttributeName, KeyType });
  await services().createTable({
    TableName: name,
    AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: [key('pk', 'HASH'), key('sk', 'RANGE')],
  });
  const { endpoint, region, credentials, createQueue, createKey } = services();
  const { url: queueUrl } = createQueue({
    QueueName: 'hints.fifo',
    FifoQueue: true,
    DeduplicationScope: 'messageGroup',
  });
  const parts = { apiUrl: null, endpoint, region, credentials, tableName: name, queueUrl };
  const deadLetterUrls = { decisions: queueUrl, statuses: queueUrl };
  const secretsKeyArn = createKey('K', {}).arn;
  return createInstallation({ ...parts, deadLetterUrls, secretsKeyArn, statementKeyArn: '' }, 'an operator');
}

function connect(): DynamoDBClient {
  const { endpoint, region, credentials } = services();
  return new DynamoDBClient({ endpoint, region, credentials: { ...credentials }, maxAttempts: 1 });
}

function requestFor(target: string, changes: Partial<RestoreRequest> = {}): RestoreRequest {
  return {
    source: { client, tableName: 'backup' },
    target: { client, tableName: target },
    ...{ from: 'backup', asOf: new Date(Date.now() - 1000), leaveOut: [], actor: 'an operator', dryRun: false },
    onProgress: () => {},
    ...changes,
  };
}

async function applyTo(installation: Installation, branches: readonly string[], isNew = false): Promise<void> {
  const former = isNew ? null : await installation.policies.readApplied('payments');
  const policy = createPolicy('payments', {
    branches: branches.map((name) => createBranchPolicy({ name, anchor: ANCHOR })),
    tags: [{ pattern: 'v*', verify: 'tag', keyTime: 'first-seen' }],
  });
  const next = { policy, signatories: [], warnings: [], lineOf: () => 1 };
  const plan =
    former === null
      ? ({ kind: 'added', repository: 'payments', next } as const)
      : ({ kind: 'changed', repository: 'payments', former, next } as const);
  await applyPolicy(plan, act, installation);
}

beforeAll(async () => {
  client = connect();
  backup = await createTable('backup');
  await applyTo(backup, ['main']);
  const created = await backup.branches.read(REF);
  if (created === null) throw new Error('The policy makes the branch.');
  await backup.branches.write({ ...created, sequence: 42, trusted: mintTrustedRevision(PUBLISHED), due: [] });
  const tag = {
    ...createNewTagState('payments', 'v1'),
    sequence: 1,
    object: oidOf('e'),
    trusted: mintTrustedRevision(oidOf('f')),
  };
  await backup.tags.write({ ...tag, due: [] });
});
afterAll(async () => {
  await backup.close();
  client.destroy();
});

describe('a restored table (trust rule 5.6)', () => {
  it('has every sequence and version above all that there can have been, and serves nothing before a policy is applied', async () => {
    const target = await createTable('restored');
    const { raise, branches } = await restoreTable(requestFor('restored'));
    expect(raise).toBeGreaterThan(LEAST);
    expect(branches).toEqual([{ ...REF, revision: PUBLISHED, formerSequence: 42, sequence: 42 + raise }]);

    const [was, is] = [await backup.branches.read(REF), await target.branches.read(REF)];
    expect(is).toMatchObject({
      sequence: 42 + raise,
      version: (was?.version ?? 0) + raise,
      trusted: null,
      retired: true,
    });
    expect(is).toMatchObject({ resumeAt: PUBLISHED, anchor: was?.anchor, operatorAnchored: false, anchorSequence: 1 });
    // Trust rules 5.3, 5.4: audited and alerted.
    expect(is?.due.map(({ kind, id }) => [kind, id])).toEqual([
      ['event', `${is?.version}:0`],
      ['alert', `${is?.version}:1`],
    ]);
    const token = { name: 'x', repositories: ['payments'], sha256: '', created: '', expires: null, revoked: null };
    await expect(findBranch(target.branches, token, REF)).rejects.toMatchObject({ code: 'not_found' });
    // Trust rule 4.9: what was published under a tag stays final.
    expect(await target.tags.read(TAG)).toMatchObject({ sequence: 1 + raise, object: oidOf('e'), retired: true });

    await applyTo(target, ['main', 'since']);
    expect(await target.branches.read(REF)).toMatchObject({ retired: false, trusted: null, sequence: 42 + raise });
    // A branch that was guarded since the backup: agents know sequences of it that the backup does not.
    expect(await target.branches.read({ ...REF, branch: 'since' })).toMatchObject({
      sequence: raise,
      anchorSequence: raise + 1,
    });
    expect((await target.tags.guarded.read(allTagsOf('payments')))?.sequenceFloor).toBe(raise);
    await target.close();
  });

  it('is finished by another run wherever the first was cut off, with the same outcome, and nothing is applied before', async () => {
    const { items } = await (async () => {
      const whole = await createTable('whole');
      await whole.close();
      return restoreTable(requestFor('whole'));
    })();
    // The record, each item, and the record again.
    for (let writes = 0; writes < items + 2; writes += 1) {
      const name = `cut-${writes}`;
      const target = await createTable(name);
      const failing = connect();
      let left = writes;
      failing.middlewareStack.add(
        (next) => async (args) => {
          if ('Item' in args.input && left-- <= 0) throw new Error('cut off');
          return next(args);
        },
        { step: 'initialize' },
      );
      const broken = requestFor(name, { target: { client: failing, tableName: name } });
      await expect(restoreTable(broken)).rejects.toThrow('cut off');
      const early = applyTo(target, ['main', 'since'], true);
      if (writes > 0) await expect(early).rejects.toMatchObject({ code: 'restore_unfinished' });
      else await early;
      if (writes === 0) continue;
      const { branches } = await restoreTable(requestFor(name));
      expect(await target.branches.read(REF)).toMatchObject({ sequence: branches[0]?.sequence, retired: true });
      failing.destroy();
      await target.close();
    }
  });

  it('is finished though the sweep found meanwhile what its branches and tags owe (trust rule 5.5)', async () => {
    const target = await createTable('swept');
    const failing = connect();
    failing.middlewareStack.add(
      (next) => async (args) => {
        if ('Item' in args.input && JSON.stringify(args.input.Item).includes('"isDone":{"BOOL":true}'))
          throw new Error('cut off');
        return next(args);
      },
      { step: 'initialize' },
    );
    const broken = requestFor('swept', { target: { client: failing, tableName: 'swept' } });
    await expect(restoreTable(broken)).rejects.toThrow('cut off');
    failing.destroy();
    // A run of verify delivers it, and takes it off.
    for (const [store, ref] of [[target.branches, REF] as const, [target.tags, TAG] as const]) {
      const owing = await store.read(ref);
      if (owing === null) throw new Error('All items are there.');
      expect(owing.due.length).toBeGreaterThan(0);
      await (store.write as (state: object) => Promise<unknown>)({ ...owing, due: [] });
    }
    const { raise } = await restoreTable(requestFor('swept'));
    expect(await target.floor.read()).toBe(raise);
    expect(await target.branches.read(REF)).toMatchObject({ sequence: 42 + raise, retired: true, due: [] });
    await target.close();
  });

  it('goes on with its records also where the backup is years old', async () => {
    const target = await createTable('old');
    const { raise } = await restoreTable(requestFor('old', { asOf: new Date('2015-01-01T00:00:00Z') }));
    const history = createDynamoHistoryStore(client, 'old');
    const due = (await target.branches.read(REF))?.due ?? [];
    for (const each of due) if (each.kind === 'event') await history.putEvent(REF, each.id, each.event);
    const events = await history.pageEvents(REF, { newestFirst: true, limit: 1 });
    expect(events).toMatchObject([{ kind: 'reanchored', sequence: 42 + raise }]);
    await target.close();
  });

  it('raises by as much as a thousand writes a second can have done since the backup, and asks when that was', async () => {
    await (await createTable('empty')).close();
    const day = await restoreTable(requestFor('empty', { asOf: new Date(Date.now() - 86_400_000), dryRun: true }));
    expect(day.raise).toBeGreaterThanOrEqual(86_400 * 1000 + LEAST);
    // The last one would raise what the keys of records count by twelve digits beyond those: no run of verify could go on.
    for (const asOf of [null, new Date(Date.now() + 60_000), new Date('1990-01-01T00:00:00Z')]) {
      await expect(restoreTable(requestFor('empty', { asOf }))).rejects.toMatchObject({ code: 'unknown_backup_time' });
    }
  });

  it('never goes over what is there, and leaves out no state that it cannot read', async () => {
    const occupied = await createTable('occupied');
    await occupied.branches.write(createBranchState());
    await expect(restoreTable(requestFor('occupied'))).rejects.toMatchObject({ code: 'table_not_empty' });
    await occupied.close();
    // A restored table is not restored over, either.
    await expect(restoreTable(requestFor('restored'))).rejects.toMatchObject({ code: 'table_not_empty' });

    await (await createTable('damaged')).close();
    await (await createTable('fresh')).close();
    const item = { pk: { S: 'branch:payments' }, sk: { S: 'main' }, sequence: { N: '7' } };
    await client.send(new PutItemCommand({ TableName: 'damaged', Item: item }));
    const request = requestFor('fresh', { source: { client, tableName: 'damaged' } });
    await expect(restoreTable(request)).rejects.toMatchObject({ code: 'corrupt_item' });
    const target = requestFor('fresh', { dryRun: false });
    expect((await restoreTable(target)).items).toBeGreaterThan(0);
  });

  it('of a table that was restored itself keeps its floor below', async () => {
    const twice = await createTable('twice');
    const first = await backup.floor.read();
    expect(first).toBe(0);
    const source = { client, tableName: 'restored' };
    const { raise } = await restoreTable(requestFor('twice', { source, from: 'restored' }));
    expect(await twice.floor.read()).toBeGreaterThan(raise + LEAST);
    expect(
      createGuardedTags(allTagsOf('x'), { ...act, policyVersion: 1, url: null, exceptions: {} }).sequenceFloor,
    ).toBe(0);
    await twice.close();
  });
});
