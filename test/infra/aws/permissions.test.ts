import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RequestContext } from '../../../infra/local/iam/condition.ts';
import { compilePolicy, decideAccess, type Policy } from '../../../infra/local/iam/evaluate.ts';
import type { Statement } from '../../../infra/local/iam/policy-document.ts';
import { REGION } from '../../../infra/local/services/arn.ts';
import { parseOid } from '../../../shared/model/oid.ts';
import * as keys from '../../../shared/store/item-keys.ts';
import { readPrincipals } from '../../permissions/principals.ts';
import { PRINCIPALS_WITH_CANARY as PRINCIPALS } from './principal-names.ts';
import { readTemplates, synthesizeForTests } from './synthesized-stacks.ts';

const stacks = synthesizeForTests({ 'headlock:canary': { repository: 'canary' } });

let principals: ReturnType<typeof readPrincipals>;
beforeAll(() => {
  principals = readPrincipals(readTemplates(stacks()));
});

function statementsOf(principal: string): readonly Statement[] {
  const statements = principals.get(principal);
  if (statements === undefined) throw new Error(`The template has no principal ${principal}.`);
  return statements;
}

interface Asked {
  readonly action: string;
  readonly resource: string;
  readonly context: RequestContext;
}

const compiled = new WeakMap<readonly Statement[], Policy>();

function isAllowed(statements: readonly Statement[], asked: Asked): boolean {
  const policy = compiled.get(statements) ?? compilePolicy(statements);
  compiled.set(statements, policy);
  return decideAccess({ ...asked, principal: 'somebody' }, policy, null) === 'allowed';
}

describe('principals', () => {
  it('are the seven functions and the operators, and nothing else carries a policy', () => {
    expect([...principals.keys()].sort()).toEqual([...PRINCIPALS].sort());
    const { service, state } = stacks();
    service.resourceCountIs('AWS::IAM::Role', 7);
    service.resourceCountIs('AWS::IAM::ManagedPolicy', 1);
    service.resourceCountIs('AWS::IAM::Policy', 0);
    for (const type of ['AWS::IAM::Role', 'AWS::IAM::ManagedPolicy', 'AWS::IAM::Policy'])
      state.resourceCountIs(type, 0);
    for (const role of Object.values(service.findResources('AWS::IAM::Role'))) {
      expect(role.Properties.ManagedPolicyArns).toBeUndefined();
    }
  });

  it.each(PRINCIPALS)('%s has no wildcard in an action or a resource', (principal) => {
    for (const { actions, resources } of statementsOf(principal)) {
      // IAM knows no narrower resource for these two, which only describe.
      if (/^cloudformation:DescribeStacks$|^cloudwatch:DescribeAlarms$/.test(actions.join())) continue;
      expect([...actions, ...resources].filter((text) => text.includes('*'))).toEqual([]);
    }
  });
});

interface Documented {
  /** In backquotes, without `:*`. */
  readonly names: readonly string[];
  /** The others. */
  readonly texts: readonly string[];
}

/** What the table of docs/deploying.md says of a principal. */
async function readDocumented(principal: string) {
  const text = await readFile(join(import.meta.dirname, '../../../docs/deploying.md'), 'utf8');
  const row = text.split('\n').find((line) => line.startsWith(`| ${principal} `)) ?? '';
  const [, , reads = '', writes = '', keys = ''] = row.split('|');
  const parse = (cell: string): Documented => {
    const parts = cell.split(',').map((part) => part.trim());
    const names = parts.flatMap((part) => /^`(\w+)(?::\*)?`$/.exec(part)?.[1] ?? []).sort();
    return { names, texts: parts.filter((part) => part !== '' && !part.startsWith('`')).sort() };
  };
  const opened = /opens secrets of (?:the )?purposes? ([^;]*)/.exec(keys)?.[1] ?? '';
  return {
    reads: parse(reads),
    writes: parse(writes),
    keys,
    opens: [...opened.matchAll(/`(\w+)`/g)].map(([, purpose]) => purpose).sort(),
  };
}

describe('items', () => {
  const READS = ['GetItem', 'BatchGetItem', 'Query', 'Scan', 'ConditionCheckItem', 'PartiQLSelect'];
  const WRITES = [
    'PutItem',
    'UpdateItem',
    'DeleteItem',
    'BatchWriteItem',
    'PartiQLInsert',
    'PartiQLUpdate',
    'PartiQLDelete',
  ];
  const TABLE_WIDE = [
    'DeleteTable',
    'UpdateTable',
    'UpdateContinuousBackups',
    'PutResourcePolicy',
    'ExportTableToPointInTime',
    'RestoreTableToPointInTime',
  ];
  const REF = { repository: 'payments', branch: 'main' };
  const OID = parseOid('0'.repeat(40));
  /** Keys as the stores make them, so that neither can change alone. */
  const PARTITIONS = {
    policy: keys.currentPolicyKey('payments').pk,
    app: keys.appUrlKey('acme', '0'.repeat(64)).pk,
    branch: keys.branchKey(REF).pk,
    statement: keys.statementKey(REF).pk,
    tag: keys.tagKey(REF).pk,
    history: keys.revisionKey(REF, 1).pk,
    seen: keys.seenKey(REF, '2026-11-21T10:15:00.000Z', OID, 0).pk,
    ancestors: keys.ancestorKey(REF, 1, 0).pk,
    verdict: keys.verdictKey(REF, OID).pk,
    contact: keys.contactKey('payments').pk,
    token: keys.tokenKey('0'.repeat(64)).pk,
    secret: keys.secretKey('payments-token').pk,
    repositories: keys.repositoryKey('payments').pk,
    tokens: keys.listedTokenKey('0'.repeat(64)).pk,
    secrets: keys.listedSecretKey('payments-token').pk,
    unknown: 'unknown:payments:main',
  };

  function isItemActionAllowed(principal: string, action: string, ...leadingKeys: string[]): boolean {
    const context = { 'dynamodb:LeadingKeys': leadingKeys };
    return isAllowed(statementsOf(principal), { action: `dynamodb:${action}`, resource: 'Table', context });
  }

  function rightsOf(principal: string): Record<string, string> {
    const rights: Record<string, string> = {};
    for (const [kind, key] of Object.entries(PARTITIONS)) {
      const allowed = [...READS, ...WRITES, ...TABLE_WIDE].filter((action) =>
        isItemActionAllowed(principal, action, key),
      );
      if (allowed.length > 0) rights[kind] = allowed.join(' ');
    }
    return rights;
  }

  it('webhook reads policies, secrets and which repositories an app has', () => {
    expect(rightsOf('webhook')).toEqual({ policy: 'GetItem', app: 'GetItem Query', secret: 'GetItem' });
  });

  it('sweep lists what there is to sweep', () => {
    expect(rightsOf('sweep')).toEqual({ repositories: 'Query' });
  });

  it('compare-refs reads what is recorded, and writes how to get along with forges', () => {
    expect(rightsOf('compare-refs')).toEqual({
      policy: 'GetItem BatchGetItem',
      secret: 'GetItem',
      branch: 'Query',
      tag: 'GetItem Query',
      contact: 'GetItem PutItem DeleteItem',
    });
  });

  // Trust rule 5.5: nothing that a forge answers can come to count.
  it('commit-status reads policies, branches and secrets, and writes nothing', () => {
    expect(rightsOf('commit-status')).toEqual({ policy: 'GetItem', branch: 'GetItem', secret: 'GetItem' });
  });

  it('canary reads whether it may fly and what became of its branch, and writes nothing', () => {
    expect(rightsOf('canary')).toEqual({ policy: 'GetItem', branch: 'GetItem', secret: 'GetItem' });
  });

  it('trusted-revision reads what it serves', () => {
    expect(rightsOf('trusted-revision')).toEqual({
      token: 'GetItem',
      branch: 'GetItem Query',
      statement: 'GetItem',
      tag: 'GetItem',
      verdict: 'GetItem',
      history: 'Query',
    });
  });

  it('verify reads policies and secrets, and records', () => {
    expect(rightsOf('verify')).toEqual({
      policy: 'GetItem BatchGetItem',
      secret: 'GetItem',
      branch: 'GetItem PutItem',
      // Trust rule 6.2: which is the latest, DynamoDB tells.
      statement: 'PutItem',
      tag: 'GetItem Query PutItem',
      history: 'GetItem Query PutItem',
      seen: 'GetItem Query PutItem',
      // Trust rule 1.6: what is gone is made again.
      ancestors: 'GetItem Query PutItem DeleteItem',
      verdict: 'GetItem BatchWriteItem',
    });
  });

  it('operators read everything and write what they configure', () => {
    const read = 'GetItem BatchGetItem Query';
    expect(rightsOf('operator')).toEqual({
      policy: `${read} PutItem`,
      app: `${read} PutItem DeleteItem`,
      branch: `${read} PutItem`,
      statement: read,
      tag: `${read} PutItem`,
      history: read,
      seen: read,
      ancestors: read,
      verdict: read,
      contact: read,
      token: `${read} PutItem`,
      tokens: `${read} PutItem`,
      secret: `${read} PutItem DeleteItem`,
      secrets: `${read} PutItem DeleteItem`,
      repositories: `${read} PutItem DeleteItem`,
      unknown: read,
    });
  });

  it('are those that docs/deploying.md tells of each principal', async () => {
    for (const principal of PRINCIPALS) {
      const { reads, writes } = await readDocumented(principal);
      const rights = Object.entries(rightsOf(principal));
      const having = (actions: readonly string[]) =>
        rights.filter(([, allowed]) => actions.some((action) => allowed.split(' ').includes(action)));
      const kinds = (actions: readonly string[]) =>
        having(actions)
          .map(([kind]) => kind)
          .sort();
      const all = Object.keys(PARTITIONS).sort();
      const read = reads.texts.includes('all items') ? all : reads.names;
      expect([principal, read, writes.names]).toEqual([principal, kinds(READS), kinds(WRITES)]);
    }
  });

  // Trust rule 5.1: branches and tags have one kind of writer and its operators.
  it.each(['branch', 'tag'] as const)('lets only verify and operators write a %s', (kind) => {
    const writers = PRINCIPALS.filter((principal) =>
      WRITES.some((action) => isItemActionAllowed(principal, action, PARTITIONS[kind])),
    );
    expect(writers).toEqual(['verify', 'operator']);
  });

  // Trust rule 5.4: BatchWriteItem deletes too.
  it.each([
    'policy',
    'history',
    'seen',
    'branch',
    'tag',
  ] as const)('lets nobody take out or change in place what is in %s', (kind) => {
    const destructive = WRITES.filter((action) => !['PutItem', 'PartiQLInsert'].includes(action));
    for (const principal of PRINCIPALS) {
      for (const action of destructive) expect(isItemActionAllowed(principal, action, PARTITIONS[kind])).toBe(false);
    }
  });

  it('refuses a batch of which one item is out of bounds, and a request that names no key', () => {
    expect(isItemActionAllowed('verify', 'BatchGetItem', PARTITIONS.policy, 'policy:other')).toBe(true);
    expect(isItemActionAllowed('verify', 'BatchGetItem', PARTITIONS.policy, PARTITIONS.token)).toBe(false);
    for (const principal of PRINCIPALS.filter((name) => name !== 'operator')) {
      for (const action of [...READS, ...WRITES, ...TABLE_WIDE])
        expect(isItemActionAllowed(principal, action)).toBe(false);
    }
  });

  it('would let a request without a key through, were it not for the Null condition', () => {
    const weakened = statementsOf('webhook').map(({ conditions, ...statement }) => ({
      ...statement,
      conditions: conditions.filter(({ operator }) => operator !== 'Null'),
    }));
    expect(isAllowed(weakened, { action: 'dynamodb:GetItem', resource: 'Table', context: {} })).toBe(true);
  });
});

describe('keys', () => {
  const ACTIONS = [
    'Encrypt',
    'Decrypt',
    'ReEncryptFrom',
    'ReEncryptTo',
    'GenerateDataKey',
    'GenerateDataKeyWithoutPlaintext',
    'DescribeKey',
    'CreateGrant',
    'Sign',
    'GetPublicKey',
    'PutKeyPolicy',
    'ScheduleKeyDeletion',
    'DisableKey',
  ];
  const CONTEXTS = {
    directly: {},
    'through DynamoDB': { 'kms:ViaService': [`dynamodb.${REGION}.amazonaws.com`] },
    'through SQS': { 'kms:ViaService': [`sqs.${REGION}.amazonaws.com`] },
    'through SNS': { 'kms:ViaService': [`sns.${REGION}.amazonaws.com`] },
    'through Lambda': { 'kms:ViaService': [`lambda.${REGION}.amazonaws.com`] },
    'by ECDSA': { 'kms:SigningAlgorithm': ['ECDSA_SHA_256'] },
    'for webhook': { 'kms:EncryptionContext:headlock:purpose': ['webhook'] },
    'for git': { 'kms:EncryptionContext:headlock:purpose': ['git'] },
    'for app': { 'kms:EncryptionContext:headlock:purpose': ['app'] },
    'for status': { 'kms:EncryptionContext:headlock:purpose': ['status'] },
    'for canary': { 'kms:EncryptionContext:headlock:purpose': ['canary'] },
  };

  function usesOf(principal: string): readonly string[] {
    return ['DataKey', 'SecretsKey', 'StatementKey'].flatMap((key) =>
      Object.entries(CONTEXTS).flatMap(([how, context]) => {
        const allowed = ACTIONS.filter((action) =>
          isAllowed(statementsOf(principal), { action: `kms:${action}`, resource: key, context }),
        );
        return allowed.length === 0 ? [] : [`${key} ${how}: ${allowed.join(' ')}`];
      }),
    );
  }

  const READ_TABLE = 'DataKey through DynamoDB: Decrypt DescribeKey';
  const WRITE_TABLE = 'DataKey through DynamoDB: Encrypt Decrypt ReEncryptFrom ReEncryptTo GenerateDataKey DescribeKey';
  const SEND = 'DataKey through SQS: Decrypt GenerateDataKey';
  const RECEIVE = 'DataKey through SQS: Decrypt';
  const PUBLISH = 'DataKey through SNS: Decrypt GenerateDataKey';
  // Trust rule 6.1: statements are signed by one algorithm. What is public may be read in any way.
  const READ_PUBLIC_KEY = Object.keys(CONTEXTS).map((how) => `StatementKey ${how}: GetPublicKey`);
  const SIGN = READ_PUBLIC_KEY.map((use) => use.replace('by ECDSA: ', 'by ECDSA: Sign '));

  it.each([
    ['webhook', [READ_TABLE, SEND, 'SecretsKey for webhook: Decrypt']],
    ['verify', [WRITE_TABLE, SEND, PUBLISH, 'SecretsKey for git: Decrypt', 'SecretsKey for app: Decrypt', ...SIGN]],
    ['sweep', [READ_TABLE, SEND]],
    ['compare-refs', [WRITE_TABLE, SEND, 'SecretsKey for git: Decrypt', 'SecretsKey for app: Decrypt']],
    [
      'commit-status',
      [READ_TABLE, RECEIVE, ...['git', 'app', 'status'].map((purpose) => `SecretsKey for ${purpose}: Decrypt`)],
    ],
    ['trusted-revision', [READ_TABLE]],
    ['canary', [READ_TABLE, 'SecretsKey for canary: Decrypt']],
    [
      'operator',
      addDescribing([
        ...[WRITE_TABLE, SEND, 'SecretsKey for webhook: Encrypt', 'SecretsKey for git: Encrypt Decrypt'],
        ...['SecretsKey for app: Encrypt Decrypt', 'SecretsKey for status: Encrypt', 'SecretsKey for canary: Encrypt'],
        ...READ_PUBLIC_KEY,
      ]),
    ],
  ])('%s uses exactly these', (principal, uses) => {
    expect(usesOf(principal)).toEqual(uses.map((use) => sortActions(use)));
  });

  it('are used as docs/deploying.md tells', async () => {
    for (const principal of PRINCIPALS) {
      const { opens, keys } = await readDocumented(principal);
      const uses = usesOf(principal);
      const purposes = uses.flatMap((use) => /^SecretsKey for (\w+): .*Decrypt/.exec(use)?.[1] ?? []).sort();
      const does = (pattern: RegExp) => uses.some((use) => pattern.test(use));
      expect([principal, opens, /seals/.test(keys), /signs/.test(keys)]).toEqual([
        ...[principal, purposes],
        ...[does(/^SecretsKey.*Encrypt/), does(/^StatementKey.*Sign/)],
      ]);
    }
  });

  /** Whoever may look at the state of every key may in any way. */
  function addDescribing(uses: readonly string[]): readonly string[] {
    return ['DataKey', 'SecretsKey', 'StatementKey'].flatMap((key) =>
      Object.keys(CONTEXTS).map((how) => {
        const use = uses.find((one) => one.startsWith(`${key} ${how}: `)) ?? `${key} ${how}:`;
        return use.endsWith('DescribeKey') ? use : `${use} DescribeKey`;
      }),
    );
  }

  function sortActions(use: string): string {
    const [where = '', actions = ''] = use.split(': ');
    return `${where}: ${ACTIONS.filter((action) => actions.split(' ').includes(action)).join(' ')}`;
  }
});

describe('queue, topic and logs', () => {
  const ACTIONS = [
    'sqs:SendMessage',
    'sqs:ReceiveMessage',
    'sqs:DeleteMessage',
    'sqs:ChangeMessageVisibility',
    'sqs:GetQueueAttributes',
    'sqs:PurgeQueue',
    'sqs:SetQueueAttributes',
    'sqs:StartMessageMoveTask',
    'sns:Publish',
    'sns:Subscribe',
    'sns:SetTopicAttributes',
    'logs:CreateLogGroup',
    'logs:CreateLogStream',
    'logs:PutLogEvents',
  ];
  const CONSUME = 'sqs:ReceiveMessage sqs:DeleteMessage sqs:ChangeMessageVisibility sqs:GetQueueAttributes';
  /** What Lambda's poller needs, of a function that has no message come back sooner. */
  const POLL = 'sqs:ReceiveMessage sqs:DeleteMessage sqs:GetQueueAttributes';
  const LOG = 'logs:CreateLogStream logs:PutLogEvents';

  it.each([
    ['webhook', { DecisionQueueDecisions: 'sqs:SendMessage', WebhookLogs: LOG }],
    [
      'verify',
      {
        ...{ DecisionQueueDecisions: `sqs:SendMessage ${CONSUME}`, StatusQueueStatuses: 'sqs:SendMessage' },
        ...{ AlertTopicAlerts: 'sns:Publish', VerifyLogs: LOG },
      },
    ],
    ['sweep', { SweepQueueTurns: 'sqs:SendMessage', SweepLogs: LOG }],
    ['compare-refs', { SweepQueueTurns: POLL, DecisionQueueDecisions: 'sqs:SendMessage', CompareRefsLogs: LOG }],
    ['commit-status', { StatusQueueStatuses: CONSUME, CommitStatusLogs: LOG }],
    ['trusted-revision', { TrustedRevisionLogs: LOG }],
    ['canary', { CanaryLogs: LOG }],
    [
      'operator',
      {
        ...{ DecisionQueueDecisions: 'sqs:SendMessage', StatusQueueStatuses: 'sqs:SendMessage' },
        // What `redrive` needs: SQS moves messages in the operator's name.
        ...{ DecisionQueueDeadLetters: `${CONSUME} sqs:StartMessageMoveTask` },
        StatusQueueDeadLetters: `${CONSUME} sqs:StartMessageMoveTask`,
      },
    ],
  ])('%s may do exactly this', (principal, rights) => {
    const statements = statementsOf(principal);
    const resources = new Set(statements.flatMap((statement) => statement.resources));
    const found: Record<string, string> = {};
    for (const resource of resources) {
      const allowed = ACTIONS.filter((action) => isAllowed(statements, { action, resource, context: {} }));
      if (allowed.length > 0) found[resource] = allowed.join(' ');
    }
    expect(found).toEqual(rights);
  });

  it('are used as docs/deploying.md tells', async () => {
    const NAMES: Readonly<Record<string, string>> = {
      DecisionQueueDecisions: 'the queue',
      StatusQueueStatuses: 'the queue of statuses',
      SweepQueueTurns: 'the queue of the sweep',
      DecisionQueueDeadLetters: 'the dead-letter queues',
      StatusQueueDeadLetters: 'the dead-letter queues',
      AlertTopicAlerts: 'the topic',
    };
    for (const principal of PRINCIPALS) {
      const { reads, writes } = await readDocumented(principal);
      const having = (...actions: readonly string[]) => {
        const found = Object.entries(NAMES).filter(([resource]) =>
          actions.some((action) => isAllowed(statementsOf(principal), { action, resource, context: {} })),
        );
        return [...new Set(found.map(([, name]) => name))].sort();
      };
      expect([principal, reads.texts.filter((text) => text !== 'all items'), writes.texts]).toEqual([
        ...[principal, having('sqs:ReceiveMessage')],
        having('sqs:SendMessage', 'sns:Publish'),
      ]);
    }
  });

  it.each(PRINCIPALS)('%s uses no service but these', (principal) => {
    const services = new Set(
      statementsOf(principal).flatMap(({ actions }) => actions.map((action) => action.split(':')[0])),
    );
    const describes = principal === 'operator' ? ['cloudformation', 'cloudwatch'] : [];
    for (const service of services) expect(['dynamodb', 'kms', 'sqs', 'sns', 'logs', ...describes]).toContain(service);
  });
});
