import type { Deployment } from '../aws/find-deployment.ts';
import type { Style } from './style.ts';

/** What goes, and what stays. */
export function describeDestruction({ caller, service, state, outputs }: Deployment, { bold, red }: Style): string {
  return [
    `In account ${caller.account}, region ${caller.region}:`,
    '',
    `${red('Deleted')} with the stack ${service.name}: the functions and their logs, the HTTP API with its address, the queues with`,
    'what waits in them, the topic with its subscriptions, alarms and dashboard. Agents keep what they run and say that',
    'they reach nobody; a later deployment has another address, which webhooks and agents have to be told.',
    '',
    `${bold('Kept')} with the stack ${state?.name ?? 'of its state'}: the table ${outputs.TableName} and the keys. What is trusted, the audit trail,`,
    'policies, tokens and sealed secrets stay, and another `headlock deploy` goes on from there.',
  ].join('\n');
}

/** The ARNs of the keys that stay. A stack of before puts out no data key. */
export function listKeys({ outputs }: Deployment): readonly string[] {
  const { DataKeyArn, SecretsKeyArn, StatementKeyArn } = outputs;
  return [DataKeyArn, SecretsKeyArn, StatementKeyArn].filter((arn) => arn !== undefined);
}

/** How to remove what is kept, for who means it. */
export function describeRemains(deployment: Deployment, { bold, dim }: Style): string {
  const { state, outputs } = deployment;
  const { TableName: table } = outputs;
  return [
    bold('To remove the state as well, for ever:'),
    ...[
      `aws dynamodb create-backup --table-name ${table} --backup-name before-removal`,
      `aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name ${state?.name ?? ''}`,
      `aws cloudformation delete-stack --stack-name ${state?.name ?? ''}`,
      `aws dynamodb update-table --table-name ${table} --no-deletion-protection-enabled`,
      `aws dynamodb delete-table --table-name ${table}`,
      ...listKeys(deployment).map((key) => `aws kms schedule-key-deletion --pending-window-in-days 30 --key-id ${key}`),
    ].map((command) => `  ${command}`),
    dim('Leave out a key that `headlock:statementKeyArn` named, where anything else signs with it. Nobody reads'),
    dim('the table or a backup of it once the keys are gone.'),
  ].join('\n');
}
