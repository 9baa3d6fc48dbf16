import { z } from 'zod';
import { OVER_TLS } from '../iam/access.ts';
import type { AccessRules } from '../iam/access-control.ts';
import { createArn } from '../services/arn.ts';
import type { Services } from '../services/start-services.ts';
import type { Resources } from './resource-types.ts';

const KEYED_TABLE = z.object({
  TableName: z.string(),
  KeySchema: z.array(z.object({ AttributeName: z.string(), KeyType: z.string() })),
});

/** From now on calls are evaluated against the stacks' policies. @throws AwsError where a function could not work under its role */
export function enforceAccessRules(resources: Resources, names: AccessRules['names'], services: Services): void {
  const { principals, resourcePolicies, encrypted, tables } = resources;
  const partitionKeys = new Map(
    tables.map((table) => {
      const { TableName: name, KeySchema: keys } = KEYED_TABLE.parse(table);
      return [name, keys.find(({ KeyType: type }) => type === 'HASH')?.AttributeName ?? ''] as const;
    }),
  );
  services.enforce({ principals, resourcePolicies, encrypted, partitionKeys, names });
  demandForLambda(resources, services);
}

/** Lambda Developer Guide, "Using Lambda with Amazon SQS": what it asks of a role before it maps a queue to a function. */
const POLLING = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];

/** Lambda Developer Guide, "Sending Lambda function logs to CloudWatch Logs", for a log group that is there already. */
const LOGGING = ['logs:CreateLogStream', 'logs:PutLogEvents'];

/** Demands what Lambda itself does in the name of a function, and nothing of this machine does. */
function demandForLambda({ functions, mappings, logs }: Resources, services: Services): void {
  for (const { queueArn, functionArn } of mappings) {
    const name = functions.find(({ arn }) => arn === functionArn)?.name ?? '';
    for (const action of POLLING) services.demand(name, { action, resource: queueArn, context: OVER_TLS });
  }
  for (const { functionName, logGroup } of logs) {
    const resource = createArn('logs', `log-group:${logGroup}:*`);
    for (const action of LOGGING) services.demand(functionName, { action, resource, context: OVER_TLS });
  }
}
