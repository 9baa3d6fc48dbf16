import { ACCOUNT_ID, REGION } from '../../infra/local/services/arn.ts';

const NOT_EMBEDDED = 'The embedded stack does not have that service: the tests ask a stand-in.';
const REDRIVE =
  'For `headlock redrive` of statuses: the same code brings back decisions, which is tested, and no test has a forge refuse so often.';

const describes = [
  ...['headlock-state', 'headlock-service'].map(
    (stack) => `cloudformation:DescribeStacks arn:aws:cloudformation:${REGION}:${ACCOUNT_ID}:stack/${stack}/*`,
  ),
  `cloudwatch:DescribeAlarms arn:aws:cloudwatch:${REGION}:${ACCOUNT_ID}:alarm:*`,
  'dynamodb:DescribeContinuousBackups Table',
];
const redrives = [
  ...['ReceiveMessage', 'ChangeMessageVisibility', 'DeleteMessage', 'StartMessageMoveTask', 'ListMessageMoveTasks'].map(
    (action) => `sqs:${action} StatusQueueDeadLetters`,
  ),
  'sqs:SendMessage StatusQueueStatuses',
];

/** Grants that no test uses, each with the reason why it stays. A grant that is used, or gone, is taken out of here. */
export const UNUSED_GRANTS: Readonly<Record<string, string>> = Object.fromEntries([
  ...describes.map((grant) => [`operator ${grant}`, NOT_EMBEDDED]),
  ...redrives.map((grant) => [`operator ${grant}`, REDRIVE]),
]);
