import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import type { BranchState } from '../../../shared/model/branch-state.ts';
import { mintTrustedRevision } from '../../../shared/model/trusted-revision.ts';
import { createDynamoBranchStore } from '../../../shared/store/dynamo-branch-store.ts';
import { createDynamoClient } from '../../../shared/store/dynamo-client.ts';
import { createBranchState, createLockedBranchState } from '../../support/branch-states.ts';
import { TABLE, useEmbeddedServices } from '../../support/embedded-services.ts';
import { oidOf } from '../../support/small-history.ts';
import { createStatedBranch } from '../../support/statements.ts';

useEmbeddedServices();
const createStore = () => createDynamoBranchStore(createDynamoClient(), TABLE);

const REF = { repository: 'everything', branch: 'release/1.0' };
const { proof, statement } = createStatedBranch();
const STATED = { proof, statement };
const EVERYTHING: BranchState = createLockedBranchState({
  ref: REF,
  observedTip: { revision: oidOf('d'), enforced: false },
  lagging: { revision: oidOf('d'), since: '2026-11-21T10:15:00.000Z' },
  unreachable: {
    cause: 'rate_limited',
    message: 'The forge asks to wait.',
    since: '2026-11-21T10:16:00.000Z',
    attempts: 3,
    alerted: true,
  },
  ...STATED,
  recheckAt: '2026-11-21T10:20:00.000Z',
  alertedLocks: [`unsigned:${oidOf('c')}`],
  alertHour: { since: '2026-11-21T10:00:00.000Z', sent: 2, held: 1 },
  due: [
    {
      kind: 'event',
      id: '1:0',
      event: {
        kind: 'locked',
        at: '2026-11-21T10:15:00.000Z',
        sequence: 1,
        actor: 'headlock',
        message: 'Locked.',
        details: { commit: oidOf('c') },
      },
    },
    {
      kind: 'revision',
      id: '1:1',
      record: {
        sequence: 1,
        revision: oidOf('b'),
        previous: null,
        decidedAt: '2026-11-21T10:15:00.000Z',
        mode: 'first-parent',
        keyTime: 'signature',
        policyVersion: 1,
        operatorAnchored: false,
        signedBy: [{ fingerprint: 'SHA256:x', certifiedBy: null, certificate: null }],
      },
    },
    {
      kind: 'alert',
      id: '1:2',
      alert: {
        event: 'locked',
        ref: REF,
        severity: 'critical',
        title: 'Locked',
        description: 'It is locked.',
        nextSteps: ['Sign it.'],
      },
    },
  ],
});

describe('createDynamoBranchStore', () => {
  it('brings back every field as it was written', async () => {
    const store = createStore();
    const written = await store.write(EVERYTHING);
    expect(written).toEqual({ ...EVERYTHING, version: 1 });
    expect(await store.read(REF)).toEqual(written);
    expect(await store.readForPublication(REF)).toEqual(written);
    expect(await store.list('everything')).toEqual([written]);
    expect(await store.listForPublication('everything')).toEqual([written]);
  });

  it('knows nothing of a branch that was never written', async () => {
    expect(await createStore().read({ repository: 'payments', branch: 'unknown' })).toBeNull();
    expect(await createStore().list('unknown')).toEqual([]);
  });

  it('lets exactly one of many concurrent writers win (rule 5.1)', async () => {
    const store = createStore();
    const state = createBranchState({ ref: { repository: 'raced', branch: 'main' } });
    const created = await Promise.all(Array.from({ length: 10 }, () => store.write(state)));
    expect(created.filter((one) => one !== null)).toHaveLength(1);
    const read = (await store.read(state.ref)) ?? state;
    const changed = await Promise.all(Array.from({ length: 10 }, (_, i) => store.write({ ...read, policyVersion: i })));
    const [winner, ...others] = changed.filter((one) => one !== null);
    expect(others).toEqual([]);
    expect(winner?.version).toBe(2);
    expect(await store.read(state.ref)).toEqual(winner);
  });

  it('refuses a write that names an older version, and one that would create anew (rule 5.1)', async () => {
    const store = createStore();
    const state = createBranchState({ ref: { repository: 'stale', branch: 'main' } });
    const first = (await store.write(state)) ?? state;
    const second = await store.write({ ...first, trusted: mintTrustedRevision(oidOf('b')), sequence: 1 });
    expect(await store.write({ ...first, trusted: mintTrustedRevision(oidOf('e')), sequence: 1 })).toBeNull();
    expect(await store.write(state)).toBeNull();
    expect(await store.write({ ...state, version: 7 })).toBeNull();
    expect(await store.read(state.ref)).toEqual(second);
  });

  it('lists all branches of a repository and no others, over several pages', async () => {
    const store = createStore();
    const message = 'x'.repeat(200_000);
    const large = createLockedBranchState().lock;
    for (let i = 0; i < 8; i++) {
      const ref = { repository: 'many', branch: `branch-${i}` };
      await store.write(createBranchState({ ref, lock: large === null ? null : { ...large, message } }));
    }
    await store.write(createBranchState({ ref: { repository: 'many-others', branch: 'main' } }));
    const listed = await store.list('many');
    expect(listed.map((state) => state.ref.branch)).toEqual(Array.from({ length: 8 }, (_, i) => `branch-${i}`));
  });

  it.each([
    ['without its lock', { lock: undefined }],
    ['without a version', { version: undefined }],
    ['with a version that is text', { version: '3' }],
    ['with an abbreviated revision', { trusted: 'abc1234' }],
    ['with a revision in capitals', { trusted: 'A'.repeat(40) }],
    ['with a negative sequence', { sequence: -1 }],
    ['with an unknown lock reason', { lock: { ...EVERYTHING.lock, reason: 'fine' } }],
    ['with a flag that this version does not know', { compromised: true }],
    ['with an observed tip that claims to be enforced', { observedTip: { revision: oidOf('d'), enforced: true } }],
    ['with a time without milliseconds', { seenFrom: '2026-11-21T10:15:00Z' }],
  ])('does not trust an item %s', async (name, damage) => {
    const branch = name.replaceAll(' ', '-');
    const { ref: _, ...attributes } = EVERYTHING;
    const item = { pk: 'branch:damaged', sk: branch, ...attributes, version: 1, trusted: oidOf('b'), ...damage };
    const client = createDynamoClient();
    await client.send(new PutItemCommand({ TableName: TABLE, Item: marshall(item, { removeUndefinedValues: true }) }));
    const reading = createStore().read({ repository: 'damaged', branch });
    await expect(reading).rejects.toMatchObject({ code: 'corrupt_item', retryable: false });
    await expect(reading).rejects.toThrow(Object.keys(damage)[0]);
  });
});
