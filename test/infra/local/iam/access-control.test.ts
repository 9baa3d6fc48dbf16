import { describe, expect, it } from 'vitest';
import { type AccessRules, createAccessControl } from '../../../../infra/local/iam/access-control.ts';
import { ACCOUNT_ROOT } from '../../../../infra/local/iam/evaluate.ts';
import { parseIdentityPolicy, parseResourcePolicy } from '../../../../infra/local/iam/policy-document.ts';
import { expectDenials } from '../../../permissions/record-access.ts';

expectDenials();

const HERE = 'eu-central-1:000000000000';
const TABLE = `arn:aws:dynamodb:${HERE}:table/T`;
const QUEUE = `arn:aws:sqs:${HERE}:q.fifo`;
const DEAD_LETTERS = `arn:aws:sqs:${HERE}:dead.fifo`;
const TOPIC = `arn:aws:sns:${HERE}:alerts`;
const DATA_KEY = `arn:aws:kms:${HERE}:key/11111111-1111-4111-8111-111111111111`;
const SECRETS_KEY = `arn:aws:kms:${HERE}:key/22222222-2222-4222-8222-222222222222`;
const BLOB = Buffer.from('22222222222242228222222222222222ff', 'hex').toString('base64');

const allow = (Action: string | string[], Resource: string, Condition?: object) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...(Condition && { Condition }),
});
const policy = (...statements: readonly object[]) => ({ Version: '2012-10-17', Statement: statements });

/** An access control for one principal, `caller`, with these statements. */
function control(...statements: readonly object[]) {
  const access = createAccessControl('owner');
  const keyPolicy = parseResourcePolicy(policy({ ...allow('kms:*', '*'), Principal: { AWS: ACCOUNT_ROOT } }));
  access.enforce({
    principals: [
      {
        name: 'caller',
        arn: 'arn:aws:iam::000000000000:role/caller',
        statements: parseIdentityPolicy(policy(...statements)),
      },
    ],
    resourcePolicies: [DATA_KEY, SECRETS_KEY].map((arn) => ({ arn, statements: keyPolicy })),
    encrypted: [TABLE, QUEUE, TOPIC].map((arn) => ({ arn, keyArn: DATA_KEY })),
    partitionKeys: new Map([['T', 'pk']]),
    names: new Map(),
  } satisfies AccessRules);
  return access;
}

type Call = readonly [service: string, operation: string, input: object];

/** What a principal is refused that has all of these: `AccessDeniedException kms:Decrypt`, or `performed`. */
async function attempt([service, operation, input]: Call, ...statements: readonly object[]): Promise<string> {
  const call = { service, operation, input, accessKeyId: 'key', principal: 'caller' };
  try {
    return String(await control(...statements).intercept(call, async () => 'performed'));
  } catch (error) {
    const { name, message } = error as Error;
    return `${name} ${/perform: (\S+)/.exec(message)?.[1] ?? message}`;
  }
}

/** Grants what is asked for, one after the other, until the call is performed. @returns all of it */
async function listDemands(call: Call): Promise<readonly string[]> {
  const demands: string[] = [];
  for (;;) {
    const outcome = await attempt(call, ...demands.map((action) => allow(action, '*')));
    if (outcome === 'performed') return demands;
    const [, action = ''] = outcome.split(' ');
    expect(demands).not.toContain(action);
    demands.push(action);
  }
}

const item = { pk: { S: 'branch:a' }, sk: { S: 'main' } };
const WRITE = ['Encrypt', 'Decrypt', 'ReEncryptFrom', 'ReEncryptTo', 'GenerateDataKey', 'DescribeKey'].map(
  (action) => `kms:${action}`,
);
const READ = ['kms:Decrypt', 'kms:DescribeKey'];
const DYNAMO = 'DynamoDB_20120810';

describe('a call demands what AWS demands', () => {
  it.each<[Call, readonly string[]]>([
    [
      [DYNAMO, 'GetItem', { TableName: 'T', Key: item }],
      ['dynamodb:GetItem', ...READ],
    ],
    [
      [DYNAMO, 'PutItem', { TableName: 'T', Item: item }],
      ['dynamodb:PutItem', ...WRITE],
    ],
    [
      [DYNAMO, 'DeleteItem', { TableName: 'T', Key: item }],
      ['dynamodb:DeleteItem', ...WRITE],
    ],
    [
      [DYNAMO, 'BatchGetItem', { RequestItems: { T: { Keys: [item] } } }],
      ['dynamodb:BatchGetItem', ...READ],
    ],
    [
      [DYNAMO, 'BatchWriteItem', { RequestItems: { T: [{ PutRequest: { Item: item } }] } }],
      ['dynamodb:BatchWriteItem', ...WRITE],
    ],
    [
      [
        DYNAMO,
        'TransactWriteItems',
        { TransactItems: [{ Put: { TableName: 'T', Item: item } }, { ConditionCheck: { TableName: 'T', Key: item } }] },
      ],
      ['dynamodb:PutItem', ...WRITE, 'dynamodb:ConditionCheckItem'],
    ],
    [
      ['AmazonSQS', 'SendMessage', { QueueUrl: 'http://x/0/q.fifo' }],
      ['sqs:SendMessage', 'kms:GenerateDataKey', 'kms:Decrypt'],
    ],
    [
      ['AmazonSQS', 'SendMessageBatch', { QueueUrl: 'http://x/0/q.fifo' }],
      ['sqs:SendMessage', 'kms:GenerateDataKey', 'kms:Decrypt'],
    ],
    [
      ['AmazonSQS', 'ReceiveMessage', { QueueUrl: QUEUE }],
      ['sqs:ReceiveMessage', 'kms:Decrypt'],
    ],
    [['AmazonSQS', 'DeleteMessage', { QueueUrl: QUEUE }], ['sqs:DeleteMessage']],
    [
      ['AmazonSQS', 'StartMessageMoveTask', { SourceArn: DEAD_LETTERS, DestinationArn: QUEUE }],
      [
        ...['StartMessageMoveTask', 'ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'].map(
          (name) => `sqs:${name}`,
        ),
        ...['sqs:SendMessage', 'kms:GenerateDataKey', 'kms:Decrypt'],
      ],
    ],
    [
      ['SNS', 'Publish', { TopicArn: TOPIC }],
      ['sns:Publish', 'kms:GenerateDataKey', 'kms:Decrypt'],
    ],
    [['TrentService', 'Encrypt', { KeyId: SECRETS_KEY }], ['kms:Encrypt']],
    [['TrentService', 'Decrypt', { CiphertextBlob: BLOB }], ['kms:Decrypt']],
  ])('%j', async (call, demands) => {
    expect(await listDemands(call)).toEqual(demands);
  });

  it('of the key, in the words of the service that needs it', async () => {
    const all = [allow('*', TABLE), allow('*', QUEUE), allow('*', TOPIC)];
    expect(await attempt([DYNAMO, 'GetItem', { TableName: 'T', Key: item }], ...all)).toBe(
      'AccessDeniedException kms:Decrypt',
    );
    expect(await attempt(['AmazonSQS', 'ReceiveMessage', { QueueUrl: QUEUE }], ...all)).toBe(
      'KmsAccessDenied kms:Decrypt',
    );
    expect(await attempt(['SNS', 'Publish', { TopicArn: TOPIC }], ...all)).toBe('KMSAccessDenied kms:GenerateDataKey');
    expect(await attempt(['SNS', 'Publish', { TopicArn: TOPIC }])).toBe('AuthorizationError sns:Publish');
  });

  it('of the key, through the service alone and for its own resource', async () => {
    const receive: Call = ['AmazonSQS', 'ReceiveMessage', { QueueUrl: QUEUE }];
    const through = (service: string) => ({
      StringEquals: { 'kms:ViaService': `${service}.eu-central-1.amazonaws.com` },
    });
    const about = (arn: string) => ({ StringEquals: { 'kms:EncryptionContext:aws:sqs:arn': arn } });
    const withKey = (condition: object) => attempt(receive, allow('sqs:*', QUEUE), allow('kms:*', DATA_KEY, condition));
    expect(await withKey(through('sqs'))).toBe('performed');
    expect(await withKey(through('sns'))).toContain('KmsAccessDenied');
    expect(await withKey(about(QUEUE))).toBe('performed');
    expect(await withKey(about(DEAD_LETTERS))).toContain('KmsAccessDenied');
    const directly: Call = ['TrentService', 'Encrypt', { KeyId: DATA_KEY }];
    expect(await attempt(directly, allow('kms:*', DATA_KEY, through('sqs')))).toBe('AccessDeniedException kms:Encrypt');
  });
});

describe('the partition of an item', () => {
  const ofBranches = {
    'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['branch:*'] },
    Null: { 'dynamodb:LeadingKeys': 'false' },
  };
  const guarded = (operation: string, input: object) =>
    attempt([DYNAMO, operation, input], allow('dynamodb:*', TABLE, ofBranches), allow('kms:*', DATA_KEY));
  const other = { pk: { S: 'token:a' }, sk: { S: 'token' } };
  const query = (KeyConditionExpression: string, value = 'branch:a', names = {}) => ({
    TableName: 'T',
    KeyConditionExpression,
    ExpressionAttributeValues: { ':pk': { S: value }, ':sk': { S: 'x' } },
    ExpressionAttributeNames: names,
  });

  it.each<[operation: string, input: object, isAllowed: boolean]>([
    ['GetItem', { TableName: 'T', Key: item }, true],
    ['GetItem', { TableName: 'T', Key: other }, false],
    ['GetItem', { TableName: 'T', Key: { sk: { S: 'branch:a' } } }, false],
    ['GetItem', { TableName: 'T', Key: { pk: { B: 'branch:a' } } }, false],
    ['PutItem', { TableName: 'T', Item: item }, true],
    ['PutItem', { TableName: 'T', Item: other }, false],
    ['Query', query('pk = :pk'), true],
    ['Query', query('pk = :pk AND begins_with(sk, :sk)'), true],
    ['Query', query('#p = :pk', 'branch:a', { '#p': 'pk' }), true],
    ['Query', query('#p = :pk', 'branch:a', { '#p': 'sk' }), false],
    ['Query', query('pk = :pk', 'token:a'), false],
    ['Query', query('sk = :sk AND pk = :pk'), false],
    ['Query', query('pk = :missing'), false],
    ['Scan', { TableName: 'T' }, false],
    ['BatchGetItem', { RequestItems: { T: { Keys: [item, item] } } }, true],
    ['BatchGetItem', { RequestItems: { T: { Keys: [item, other] } } }, false],
    ['BatchGetItem', { RequestItems: { T: { Keys: [] } } }, false],
    ['BatchWriteItem', { RequestItems: { T: [{ DeleteRequest: { Key: item } }] } }, true],
    [
      'BatchWriteItem',
      { RequestItems: { T: [{ PutRequest: { Item: item } }, { DeleteRequest: { Key: other } }] } },
      false,
    ],
    ['BatchWriteItem', { RequestItems: { T: [{}] } }, false],
    [
      'TransactWriteItems',
      { TransactItems: [{ Put: { TableName: 'T', Item: item } }, { Delete: { TableName: 'T', Key: other } }] },
      false,
    ],
  ])('%s %j is found: %s', async (operation, input, isAllowed) => {
    const outcome = await guarded(operation, input);
    if (isAllowed) expect(outcome).toBe('performed');
    else expect(outcome).toMatch(/^AccessDeniedException dynamodb:/);
  });
});

describe('a call that is not understood', () => {
  it.each<[Call]>([
    [['AmazonSQS', 'SendMessage', {}]],
    [[DYNAMO, 'GetItem', { TableName: 7 }]],
    [[DYNAMO, 'BatchWriteItem', { RequestItems: 'T' }]],
    [[DYNAMO, 'TransactWriteItems', { TransactItems: [] }]],
    [['SNS', 'Publish', { PhoneNumber: '1' }]],
    [['TrentService', 'Decrypt', { CiphertextBlob: '?' }]],
    [['Unknown', 'GetItem', { TableName: 'T' }]],
    [[DYNAMO, 'GetItem', Object.assign(Object.create(null), { TableName: ['T'] })]],
  ])('is refused: %j', async (call) => {
    expect(await attempt(call, allow('*', '*'))).toContain('AccessDeniedException What');
  });
});

it('lets only the owner do anything before there are rules', async () => {
  const access = createAccessControl('owner');
  const call = { service: 'SNS', operation: 'Publish', input: { TopicArn: TOPIC }, accessKeyId: 'key' };
  const perform = async () => 'performed';
  expect(await access.intercept({ ...call, principal: 'owner' }, perform)).toBe('performed');
  await expect(access.intercept({ ...call, principal: 'verify' }, perform)).rejects.toThrow('not authorized');
});
