import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeContinuousBackupsCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { AWS_CLIENT_SETTINGS } from '../../shared/aws/client-settings.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import { amiss, type Finding, ok, unknown } from '../finding.ts';
import { checkKeys } from './check-keys.ts';
import { explainAwsError } from './explain-aws-error.ts';
import type { Deployment } from './find-deployment.ts';

/** Stacks, keys, alarms and backups of an installation. What may not be looked at is said to be unknown. */
export async function checkService(deployment: Deployment): Promise<readonly Finding[]> {
  const { caller, state, service, outputs } = deployment;
  const look = async (what: string, check: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> => {
    try {
      return await check();
    } catch (error) {
      const explained = explainAwsError(error, { operatorPolicy: outputs.OperatorPolicyArn });
      if (explained instanceof HeadlockError) return [unknown(`${what} cannot be looked at`, explained.message)];
      return [unknown(`${what} cannot be looked at: ${error instanceof Error ? error.message : error}`)];
    }
  };
  return [
    ok(`You are ${caller.arn}, in account ${caller.account}, region ${caller.region}`),
    ...[state, service].map((stack) =>
      stack === null
        ? amiss(`The stack of the state is missing`, `Run \`headlock deploy --stack ${deployment.installation}\`.`)
        : /^(?:CREATE|UPDATE|IMPORT)_COMPLETE$/.test(stack.status)
          ? ok(`The stack ${stack.name} is well (${stack.status})`)
          : amiss(
              `The stack ${stack.name} is in state ${stack.status}`,
              'Its events in the CloudFormation console say why; then deploy again.',
            ),
    ),
    ...(await look('Keys', () => checkKeys(deployment))),
    ...(await look('Alarms', () => checkAlarms(deployment))),
    ...(await look('Backups of the table', () => checkBackups(outputs.TableName))),
  ];
}

async function checkAlarms({ installation }: Deployment): Promise<readonly Finding[]> {
  const client = new CloudWatchClient(AWS_CLIENT_SETTINGS);
  try {
    const alarms = [];
    let next: string | undefined;
    do {
      const command = new DescribeAlarmsCommand({
        AlarmNamePrefix: `${installation}-`,
        ...(next === undefined ? {} : { NextToken: next }),
      });
      const { MetricAlarms = [], NextToken } = await client.send(command);
      // The runbook's name tells them from those of an installation whose name begins with this one's.
      alarms.push(
        ...MetricAlarms.filter(({ AlarmName = '', AlarmDescription = '' }) =>
          AlarmDescription.endsWith(`#${AlarmName.slice(installation.length + 1)}`),
        ),
      );
      next = NextToken;
    } while (next !== undefined);
    const set = alarms.filter(({ StateValue }) => StateValue === 'ALARM');
    if (alarms.length === 0) return [amiss('There is no alarm', `Run \`headlock deploy --stack ${installation}\`.`)];
    if (set.length === 0) return [ok(`${alarms.length} alarms are quiet`)];
    return set.map(({ AlarmName = '', AlarmDescription = '' }) =>
      amiss(
        `The alarm ${AlarmName} is set`,
        AlarmDescription || `See docs/operations.md, "${AlarmName.slice(installation.length + 1)}".`,
      ),
    );
  } finally {
    client.destroy();
  }
}

async function checkBackups(TableName: string): Promise<readonly Finding[]> {
  const client = new DynamoDBClient(AWS_CLIENT_SETTINGS);
  try {
    const { ContinuousBackupsDescription: backups } = await client.send(
      new DescribeContinuousBackupsCommand({ TableName }),
    );
    const { PointInTimeRecoveryStatus: status, EarliestRestorableDateTime: since } =
      backups?.PointInTimeRecoveryDescription ?? {};
    if (status === 'ENABLED')
      return [ok(`The table can be restored to any time since ${since?.toISOString() ?? 'its start'}`)];
    return [
      amiss(
        'The table has no point-in-time recovery',
        'Somebody switched it off: deploy again, or switch it on in DynamoDB.',
      ),
    ];
  } finally {
    client.destroy();
  }
}
