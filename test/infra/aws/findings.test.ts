import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { synthesizeForTests } from './synthesized-stacks.ts';

const stacks = synthesizeForTests();
const ROUTES = 'headlock-service/PublicApi/Api';

/** Every finding that we live with. The reason stands where the construct is made. */
const ACCEPTED = [
  `AwsSolutions-APIG4 ${ROUTES}/GET--healthz`,
  `AwsSolutions-APIG4 ${ROUTES}/GET--openapi.json`,
  `AwsSolutions-APIG4 ${ROUTES}/GET--v1--repositories`,
  `AwsSolutions-APIG4 ${ROUTES}/GET--v1--repositories--{repository}--commits--{oid}`,
  `AwsSolutions-APIG4 ${ROUTES}/GET--v1--repositories--{repository}--events`,
  `AwsSolutions-APIG4 ${ROUTES}/GET--v1--repositories--{repository}--trusted-revision`,
  `AwsSolutions-APIG4 ${ROUTES}/GET--v1--repositories--{repository}--trusted-revision--attestation`,
  `AwsSolutions-APIG4 ${ROUTES}/POST--webhooks--{source}`,
  ...['cloudformation:<AWS::Region>:<AWS::AccountId>:stack/headlock-service/*']
    .concat('cloudformation:<AWS::Region>:<AWS::AccountId>:stack/headlock-state/*')
    .concat('cloudwatch:<AWS::Region>:<AWS::AccountId>:alarm:*')
    .map((arn) => `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:${arn}] headlock-service/OperatorPolicy`),
  'AwsSolutions-SQS3 headlock-service/SweepQueue/Turns',
];

interface Acknowledged {
  readonly finding: string;
  readonly reason: string;
}

function readAcknowledged(): readonly Acknowledged[] {
  return stacks()
    .app.node.findAll()
    .flatMap(({ node }) =>
      node.metadata
        .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
        .flatMap(({ data }) =>
          Object.entries<string>(data).map(([rule, reason]) => ({ finding: `${rule} ${node.path}`, reason })),
        ),
    );
}

describe('cdk-nag', () => {
  it('finds exactly what is accepted', () => {
    const checks = new AwsSolutionsChecks(stacks().app);
    Reflect.set(checks, 'isAcknowledged', () => false);
    const findings = checks
      .validateScope(stacks().app)
      .violations.flatMap(({ ruleName, violatingResources }) =>
        violatingResources.map(({ constructPath }) => `${ruleName} ${constructPath?.replace(/\/Resource$/, '')}`),
      );
    expect(findings.sort()).toEqual(ACCEPTED);
  });

  it('has a written reason for each, and none for what it does not find', () => {
    const acknowledged = readAcknowledged();
    expect(acknowledged.map(({ finding }) => finding).sort()).toEqual(
      ACCEPTED.map((finding) => `AwsSolutions::${finding}`),
    );
    for (const { reason } of acknowledged) expect(reason.length).toBeGreaterThan(40);
  });
});
