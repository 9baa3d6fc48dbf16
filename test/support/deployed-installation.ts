import { afterAll, beforeAll, vi } from 'vitest';
import type { Services } from '../../infra/local/services/start-services.ts';
import { actAs } from './act-as.ts';
import { type AwsStandIn, startAwsStandIn } from './aws-stand-in.ts';
import { TABLE, useEmbeddedServices } from './embedded-services.ts';
import { STATEMENT_KEY } from './statements.ts';

export interface DeployedInstallation extends AwsStandIn {
  readonly services: Services;
  readonly queueUrl: string;
}

/** An installation `headlock` as the command line finds it on AWS: its stacks beside embedded services, where no function runs. */
export function useDeployedInstallation(): () => DeployedInstallation {
  const services = useEmbeddedServices();
  let deployed: DeployedInstallation | null = null;
  beforeAll(async () => {
    const standIn = await startAwsStandIn();
    for (const [name, value] of Object.entries(standIn.environment)) vi.stubEnv(name, value);
    // Nothing of this machine's own settings counts.
    vi.stubEnv('AWS_CONFIG_FILE', '/dev/null');
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/dev/null');
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    await actAs('operator');
    const queue = (name: string, more: object = {}) =>
      services().createQueue({ QueueName: name, FifoQueue: true, DeduplicationScope: 'messageGroup', ...more });
    const deadLetters = queue('headlock-decisions-dead-letters.fifo');
    const redrive = { deadLetterTargetArn: deadLetters.arn, maxReceiveCount: 1 };
    const { url: queueUrl } = queue('headlock-decisions.fifo', { RedrivePolicy: redrive });
    const outputs = {
      TableName: TABLE,
      QueueUrl: queueUrl,
      DecisionsDeadLettersUrl: deadLetters.url,
      StatusesDeadLettersUrl: queue('headlock-statuses-dead-letters.fifo').url,
      DataKeyArn: services().createKey('DataKey', {}).arn,
      SecretsKeyArn: services().createKey('SecretsKey', {}).arn,
      StatementKeyArn: services().createKey('StatementKey', STATEMENT_KEY).arn,
      TopicArn: 'arn:aws:sns:eu-west-1:123456789012:headlock-alerts',
      ApiUrl: 'https://abc.execute-api.eu-west-1.amazonaws.com/',
      WebhookUrl: 'https://abc.execute-api.eu-west-1.amazonaws.com/webhooks/',
      OperatorPolicyArn: 'arn:aws:iam::123456789012:policy/headlock-operators',
    };
    standIn.answers.stacks.set('headlock-state', { status: 'CREATE_COMPLETE', outputs: {} });
    standIn.answers.stacks.set('headlock-service', { status: 'UPDATE_COMPLETE', outputs });
    deployed = { ...standIn, services: services(), queueUrl };
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await deployed?.close();
  });
  return () => {
    if (deployed === null) throw new Error('The installation is there after beforeAll.');
    return deployed;
  };
}
