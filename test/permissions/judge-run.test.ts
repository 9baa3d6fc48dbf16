import { expect, it } from 'vitest';
import { judgeDenials, judgeGrants } from './judge-run.ts';
import type { Templates } from './principals.ts';

const role = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] as const });
const statement = {
  ...{
    Effect: 'Allow',
    Action: ['dynamodb:GetItem', 'dynamodb:Query'],
    Resource: { 'Fn::GetAtt': ['TableCD117FA1', 'Arn'] },
  },
  Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['branch:*', 'tag:*'] } },
};
const TEMPLATES: Templates = [
  {
    outputs: {},
    resources: {
      Role: {
        Type: 'AWS::IAM::Role',
        Properties: { Policies: [{ PolicyDocument: { Version: '2012-10-17', Statement: [statement] } }] },
      },
      Reader: {
        Type: 'AWS::Lambda::Function',
        Properties: { Role: role('Role'), Environment: { Variables: { POWERTOOLS_SERVICE_NAME: 'reader' } } },
      },
    },
  },
];
const GRANTS = ['GetItem', 'Query'].flatMap((action) =>
  ['branch:*', 'tag:*'].map((kind) => `reader dynamodb:${action} Table ${kind}`),
);
const judge = (used: readonly string[], reasons = {}) =>
  judgeGrants(TEMPLATES, { used: new Set(used), denied: [] }, reasons);

it('takes a run in which each grant was used, or has its reason', () => {
  expect(judge(GRANTS)).toEqual([]);
  expect(judge(GRANTS.slice(1), { [GRANTS[0] ?? '']: 'a reason' })).toEqual([]);
});

it('names each grant that nothing used, and what to do about it', () => {
  expect(judge(GRANTS.slice(0, 3))).toEqual([
    expect.stringMatching(/never used in this run: reader dynamodb:Query Table tag:\*\. Take it out of infra\/aws,/),
  ]);
  expect(judge([])).toHaveLength(4);
});

it('names a reason that is not needed any more', () => {
  expect(judge(GRANTS, { [GRANTS[0] ?? '']: 'a reason' })).toEqual([expect.stringContaining('Used after all')]);
  expect(judge(GRANTS, { 'reader dynamodb:Scan Table': 'gone' })).toEqual([expect.stringContaining('Nothing grants')]);
});

it('names each call that was denied', () => {
  const denied = ['implicitly denied reader dynamodb:PutItem Table branch'];
  expect(judgeDenials({ used: new Set(), denied })).toEqual([expect.stringContaining(denied[0] ?? '')]);
  expect(judgeDenials({ used: new Set(), denied: [] })).toEqual([]);
});
