import { ChangeMessageVisibilityCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ownerOf } from '../support/act-as.ts';
import { useDeployedInstallation } from '../support/deployed-installation.ts';
import { createGuardedRepository, type GuardedRepository } from '../support/guarded-repository.ts';
import { runHeadlock } from '../support/run-headlock.ts';

const deployed = useDeployedInstallation();
let repository: GuardedRepository;

beforeAll(async () => {
  repository = await createGuardedRepository();
});
afterAll(() => repository.remove());

const ON_AWS = ['--stack', 'headlock'];

describe('the commands of an operator, on AWS', () => {
  it('apply, status, log and token act on what the stacks name, as whoever the credentials name', async () => {
    const applied = await runHeadlock(['apply', '-f', repository.policy, ...ON_AWS]);
    expect(applied).toMatchObject({ status: 0, stderr: '' });

    const status = await runHeadlock(['status', '--output', 'json', ...ON_AWS]);
    expect(JSON.parse(status.stdout).branches).toMatchObject([
      { repository: 'shop', branch: 'main', state: 'Pending' },
    ]);
    expect(status.status).toBe(1);

    // Trust rule 5.4: the audit trail names who acted. No function runs here, so the event is still due.
    const { ref, due } = (await import('../../shared/store/dynamo-branch-store.ts').then(async (stores) => {
      const { createDynamoClient } = await import('../../shared/store/dynamo-client.ts');
      const { TABLE } = await import('../support/embedded-services.ts');
      return stores.createDynamoBranchStore(createDynamoClient(), TABLE).read({ repository: 'shop', branch: 'main' });
    })) ?? { due: [] };
    expect(ref).toEqual({ repository: 'shop', branch: 'main' });
    expect(due).toMatchObject([{ event: { kind: 'created', actor: deployed().answers.caller } }]);

    const token = await runHeadlock(['token', 'create', '--name', 'x', '--repositories', 'shop', ...ON_AWS]);
    expect(token.stdout).toContain(
      'https://abc.execute-api.eu-west-1.amazonaws.com/v1/repositories/shop/trusted-revision',
    );
    const log = await runHeadlock(['log', 'shop', 'main', ...ON_AWS]);
    expect(log.status).toBe(0);
  });

  it('secret seals with the key of the stack', async () => {
    const stored = await runHeadlock(['secret', 'set', 'hook', '--purpose', 'webhook', ...ON_AWS], { input: 'value' });
    expect(stored).toMatchObject({ status: 0, stdout: 'Stored hook (webhook).\n' });
  });

  it('HEADLOCK_STACK names the installation too, and --data counts more', async () => {
    vi.stubEnv('HEADLOCK_STACK', 'headlock');
    expect((await runHeadlock(['secret', 'list'])).stdout).toContain('hook');
    expect((await runHeadlock(['secret', 'list', '--data', '/nowhere'])).stderr).toContain('no data folder /nowhere');
    vi.stubEnv('HEADLOCK_STACK', undefined);
    const both = await runHeadlock(['secret', 'list', '--data', '/nowhere', ...ON_AWS]);
    expect(both).toMatchObject({ status: 2, stderr: expect.stringContaining('cannot be used with option') });
    const bad = await runHeadlock(['status', '--stack', 'Head/Lock']);
    expect(bad).toMatchObject({ status: 2, stderr: expect.stringContaining('Write the name of an installation') });
  });
});

describe('headlock redrive', () => {
  it('shows which branches failed too often, and brings them back only when it is asked to', async () => {
    const { queueUrl: QueueUrl, services } = deployed();
    const sqs = new SQSClient(ownerOf(services));
    const receive = () => sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    // What `apply` has hinted at, above: received more often than the queue allows.
    for (const { ReceiptHandle } of (await receive()).Messages ?? [])
      await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
    expect((await receive()).Messages).toBeUndefined();

    const look = await runHeadlock(['redrive', '--dry-run', ...ON_AWS]);
    expect(look).toMatchObject({ status: 1, stderr: '' });
    expect(look.stdout).toMatch(
      /^WHAT .*\ndecisions +shop@main +\d+[sm] ago +\d+\n\ndecisions: 1 message set aside\.\n/,
    );
    const again = await runHeadlock(['redrive', '--dry-run', '--output', 'json', ...ON_AWS]);
    expect(JSON.parse(again.stdout).queues).toMatchObject([
      { kind: 'decisions', waiting: 1 },
      { kind: 'statuses', waiting: 0 },
    ]);

    const back = await runHeadlock(['redrive', ...ON_AWS]);
    expect(back).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('decisions: 1 brought back, 0 set aside.'),
    });
    expect((await receive()).Messages).toHaveLength(1);
    expect((await runHeadlock(['redrive', ...ON_AWS])).stdout).toBe('Nothing is set aside.\n');
    sqs.destroy();
  });
});

describe('what keeps them from it is told in one line, with what to do', () => {
  const fail = async (args: readonly string[] = ON_AWS): Promise<string> => {
    const { status, stdout, stderr } = await runHeadlock(['status', ...args]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    return stderr;
  };

  it('no credentials, credentials that are refused or expired, and no region', async () => {
    const { answers } = deployed();
    const { caller } = answers;
    answers.caller = null;
    expect(await fail()).toMatch(/AWS does not know these credentials: .*`aws sso login`/);
    answers.refusal = 'ExpiredToken';
    expect(await fail()).toMatch(/The AWS credentials have expired: .*`aws sso login`/);
    answers.caller = caller;

    const { AWS_ACCESS_KEY_ID: id, AWS_REGION: region } = process.env;
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    expect(await fail()).toMatch(/No AWS credentials are found: .*AWS_PROFILE/);
    vi.stubEnv('AWS_ACCESS_KEY_ID', id);
    vi.stubEnv('AWS_REGION', undefined);
    expect(await fail()).toMatch(/No AWS region is chosen\. .*AWS_REGION/);
    vi.stubEnv('AWS_REGION', region);
  });

  it('a stack that is not there names the account and the region that were asked', async () => {
    expect(await fail(['--stack', 'staging'])).toMatch(
      /no stack staging-service in account 123456789012, region \S+\. .*AWS_PROFILE.*`headlock deploy --stack staging`/,
    );
  });

  it.each([
    ['ROLLBACK_COMPLETE', /was never made whole.*delete it there/],
    ['UPDATE_ROLLBACK_FAILED', /Continue update rollback/],
    ['DELETE_IN_PROGRESS', /Wait until it is gone/],
    ['DELETE_FAILED', /Mend what its events.*`headlock destroy --stack broken`/],
    ['CREATE_IN_PROGRESS', /Wait until it is complete/],
    ['REVIEW_IN_PROGRESS', /was cut off before.*`headlock deploy --stack broken`/],
  ])('a stack in state %s', async (status, message) => {
    deployed().answers.stacks.set('broken-service', { status, reason: 'Resource limit', outputs: {} });
    expect(await fail(['--stack', 'broken'])).toMatch(message);
  });

  it('a stack of another version, and one that may not be seen', async () => {
    const { stacks } = deployed().answers;
    stacks.set('old-service', { status: 'UPDATE_COMPLETE', outputs: { TableName: 'x' } });
    expect(await fail(['--stack', 'old'])).toMatch(/does not put out QueueUrl.*headlock deploy --stack old/);
    stacks.set('secret-service', { status: 'denied', outputs: {} });
    expect(await fail(['--stack', 'secret'])).toMatch(
      /AWS refuses that: .*cloudformation:DescribeStacks.*OperatorPolicyArn/,
    );
  });
});
