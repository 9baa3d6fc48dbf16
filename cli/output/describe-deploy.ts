import type { DeployedStack } from '../aws/read-stack.ts';
import type { ReadableStatement } from '../aws/readable-statement.ts';
import type { Grant, StackSummary } from '../aws/stack-summary.ts';
import { formatTable } from './format-table.ts';
import type { Style } from './style.ts';

/** What a deployment would do, step by step. */
export function listSteps(installation: string): readonly string[] {
  return [
    'ask AWS whose credentials you have, and for which account and region',
    'see that the CDK is set up there (stack CDKToolkit)',
    `show what changes against ${installation}-state and ${installation}-service as they are, IAM changes first`,
    'ask whether to go on, unless --yes says so',
    `deploy ${installation}-state, then ${installation}-service`,
    'print the addresses for webhooks and agents, and what comes next',
  ];
}

/** Stacks with their resources by kind, who may do what, and what would be done. */
export function describeDryRun(stacks: readonly StackSummary[], installation: string, style: Style): string {
  const { bold, dim } = style;
  return [
    ...stacks.flatMap(({ name, description, resources }) => [
      bold(name) + dim(`  ${description}`),
      formatTable(Object.entries(resources).map(([type, count]) => [`  ${String(count).padStart(3)}`, type])),
      '',
    ]),
    bold('Who may do what'),
    ...stacks.flatMap(({ grants }) => grants.filter(isOfIdentity).flatMap((grant) => describeGrant(grant, style))),
    '',
    bold('Whom the resources themselves let in, and keep out'),
    ...stacks.flatMap(({ grants }) =>
      grants.filter((grant) => !isOfIdentity(grant)).flatMap((grant) => describeGrant(grant, style)),
    ),
    '',
    bold(`headlock deploy --stack ${installation} would`),
    ...listSteps(installation).map((step, at) => `  ${at + 1}. ${step}`),
    '',
    dim('AWS was not asked for anything, and nothing was changed.'),
  ].join('\n');
}

function isOfIdentity({ type }: Grant): boolean {
  return type.startsWith('AWS::IAM::');
}

function describeGrant({ by, assumedBy, statements }: Grant, { dim }: Style): readonly string[] {
  const whose = assumedBy.length === 0 ? '' : dim(`  taken by ${assumedBy.join(', ')}`);
  return [`  ${by}${whose}`, ...statements.flatMap((statement) => describeStatement(statement, dim))];
}

function describeStatement(
  { effect, actions, resources, principals, conditions }: ReadableStatement,
  dim: Style['dim'],
): readonly string[] {
  const on = resources.length === 0 ? '' : ` on ${resources.join(', ')}`;
  const to = principals.length === 0 ? '' : ` to ${principals.join(', ')}`;
  return [
    `    ${effect} ${groupActions(actions)}${on}${to}`,
    ...conditions.map((condition) => dim(`      where ${condition}`)),
  ];
}

/** `dynamodb:GetItem, Query`. */
function groupActions(actions: readonly string[]): string {
  const services = Map.groupBy(actions, (action) => action.split(':')[0] ?? '');
  return [...services]
    .map(([service, own]) => own.map((action, at) => (at === 0 ? action : action.slice(service.length + 1))).join(', '))
    .join(', ');
}

/** The addresses, and what to do next. */
export function describeDeployed({ outputs }: DeployedStack, installation: string, { bold }: Style): string {
  const webhooks = outputs.WebhookUrl ?? `${outputs.ApiUrl}webhooks/`;
  const stack = ` --stack ${installation}`;
  return [
    bold(`${installation} is deployed.`),
    formatTable([
      ['  Webhooks', `${webhooks}REPOSITORY`],
      ['  API', outputs.ApiUrl ?? ''],
      ['  Alerts', outputs.TopicArn ?? ''],
      ['  Operators', outputs.OperatorPolicyArn ?? ''],
    ]),
    '',
    bold('Next'),
    ...[
      `Attach the policy of operators to the role that you act in, and subscribe somebody to the alerts.`,
      `Store the secrets that your policy names: \`npx headlock secret set payments-webhook --purpose webhook${stack}\`.`,
      `Apply the policy: \`npx headlock apply -f headlock.yaml${stack}\`.`,
      `Point each forge's webhook at its address above, with that secret.`,
      `Give each agent a token: \`npx headlock token create --name production --repositories payments-manifests${stack}\`.`,
      `Give each agent the key that its statements are proven with: \`npx headlock status --public-key${stack}\`.`,
      `See that all is well: \`npx headlock doctor -f headlock.yaml${stack}\`.`,
    ].map((step, at) => `  ${at + 1}. ${step}`),
  ].join('\n');
}
