import { mkdtemp, rm } from 'node:fs/promises';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Installation } from '../../cli/operations/installation.ts';
import { createInstallation } from '../../cli/operations/open-installation.ts';
import { storeSecret } from '../../cli/operations/store-secret.ts';
import { deployProject, describeConnection } from '../../infra/local/connection.ts';
import { createRecord, finishedMessages } from '../../infra/local/runtime/event-source.ts';
import type { Invocation } from '../../infra/local/runtime/execution-environment.ts';
import { startServices } from '../../infra/local/services/start-services.ts';
import { startStatusStandIn } from '../support/status-stand-in.ts';
import { createInjector } from './fault-injector.ts';
import { startGitStates } from './git-states.ts';
import { type Handler, hurryClients, loadFunction } from './invoke-handlers.ts';
import { createWatch } from './watch-writes.ts';

export type FaultsWorld = Awaited<ReturnType<typeof startFaultsWorld>>;

const MAX_ROUNDS = 50;

export const SECRETS = { webhook: 'w3bhook', git: 't0ken', status: 'st4tus' } as const;

/** The stacks as they are synthesized, their functions in this process, a forge of many states, and faults between them. */
export async function startFaultsWorld() {
  const folder = await mkdtemp(join(tmpdir(), 'hl-faults-'));
  const watch = createWatch();
  const injector = createInjector(watch.observe);
  const services = await startServices({ folder, intercept: injector.intercept });
  const [deployment, git, forge] = await Promise.all([deployProject(services), startGitStates(), startStatusStandIn()]);
  forge.tokens = [SECRETS.status];
  const { endpoint, region } = services;
  const settings = { endpoint, region, credentials: { ...services.credentials } };
  const [sqs, dynamoDb] = [new SQSClient(settings), new DynamoDBClient(settings)];
  const connection = describeConnection(services, deployment);
  const openInstallation = (): Installation => createInstallation({ apiUrl: null, ...connection }, 'an operator');
  const operator = openInstallation();
  for (const [purpose, value] of Object.entries(SECRETS)) {
    const secret = { name: `${purpose}-secret`, purpose: purpose as keyof typeof SECRETS, value: Buffer.from(value) };
    await storeSecret({ ...secret, add: false, now: new Date() }, operator);
  }
  await hurryClients();

  const environments = new Map(
    deployment.functions.map(({ name, environment }) => {
      const { accessKeyId, secretAccessKey } = services.credentialsOf(name);
      const aws = {
        AWS_ENDPOINT_URL: endpoint,
        AWS_REGION: region,
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_CONFIG_FILE: devNull,
        AWS_SHARED_CREDENTIALS_FILE: devNull,
      };
      return [name, { ...aws, ...environment }];
    }),
  );
  const healthy = new Map<string, Handler>();
  const load = (name: string): Handler => {
    const environment = environments.get(name);
    if (environment === undefined) throw new Error(`The template has no function ${name}.`);
    return loadFunction(name, environment);
  };

  /** One event of a function: in a fresh environment where faults are about, so that it finds nothing cached. */
  const invoke = async (name: string, event: unknown): Promise<Invocation> => {
    if (!healthy.has(name)) healthy.set(name, load(name));
    const handler = injector.isWatching ? load(name) : healthy.get(name);
    const invocation = (await handler?.(event)) as Invocation;
    const died = await injector.endInvocation();
    return died ? { outcome: 'failed', error: { errorType: 'Died', errorMessage: '', trace: [] } } : invocation;
  };

  const mappings = deployment.mappings.map(({ queueArn, functionArn }) => ({
    queueArn,
    name: deployment.functions.find(({ arn }) => arn === functionArn)?.name ?? '',
  }));

  /** Takes one message of a queue to its function, as Lambda does. @returns whether there was one */
  const handOne = async ({ queueArn, name }: (typeof mappings)[number]): Promise<boolean> => {
    const receive = { QueueUrl: queueArn, MaxNumberOfMessages: 1, MessageSystemAttributeNames: ['All' as const] };
    const { Messages: messages = [] } = await sqs.send(new ReceiveMessageCommand(receive));
    if (messages.length === 0) return false;
    const invocation = await invoke(name, { Records: messages.map((message) => createRecord(queueArn, message)) });
    for (const { ReceiptHandle } of finishedMessages(messages, invocation)) {
      // A message that was dealt with may come again.
      if (injector.skips(`lambda: SQS.DeleteMessage ${queueArn.split(':').at(-1)}`)) continue;
      await sqs.send(new DeleteMessageCommand({ QueueUrl: queueArn, ReceiptHandle }));
    }
    return true;
  };

  return {
    ...{ services, connection, injector, watch, git, forge, operator, dynamoDb, sqs, invoke, openInstallation },
    /** Until no queue holds anything, whatever failed on the way: time passes as it needs to. */
    async drain(): Promise<void> {
      for (let round = 0; round < MAX_ROUNDS; round += 1) {
        services.releaseInFlight();
        let isIdle = true;
        for (const mapping of mappings) if (await handOne(mapping)) isIdle = false;
        if (isIdle) return;
      }
      throw new Error('The queues do not run dry.');
    },
    /** The turn of one repository in a sweep. */
    async giveTurn(repository: string): Promise<void> {
      const queue = mappings.find(({ name }) => name === 'compare-refs')?.queueArn;
      await sqs.send(new SendMessageCommand({ QueueUrl: queue, MessageBody: repository }));
    },
    /** Whatever was set aside. */
    async countDeadLetters(): Promise<number> {
      const { decisions, statuses } = operator.deadLetters;
      return (await decisions.count()) + (await statuses.count());
    },
    /** The sweep of another repository does not come by here. */
    async forget(repository: string): Promise<void> {
      const Key = { pk: { S: 'repositories' }, sk: { S: repository } };
      await dynamoDb.send(new DeleteItemCommand({ TableName: connection.tableName, Key }));
    },
    async close(): Promise<void> {
      await operator.close();
      for (const client of [sqs, dynamoDb]) client.destroy();
      await Promise.all([services.close(), git.close(), forge.close()]);
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
