import { ACCOUNT_ID, REGION } from '../../infra/local/services/arn.ts';

const NOT_EMBEDDED = 'The embedded stack does not have that service: the tests ask a stand-in.';
const REDRIVE =
  'For `headlock redrive`, which is tested on embedded services without policies: no function of a stack fails so often in a test.';

const describes = [
  ...['headlock-state', 'headlock-service'].map(
    (stack) => `cloudformation:DescribeStacks arn:aws:cloudformation:${REGION}:${ACCOUNT_ID}:stack/${stack}/*`,
  ),
  `cloudwatch:DescribeAlarms arn:aws:cloudwatch:${REGION}:${ACCOUNT_ID}:alarm:*`,
  'dynamodb:DescribeContinuousBackups Table',
];
const redrives = ['DecisionQueueDeadLetters', 'StatusQueueDeadLetters'].flatMap((queue) =>
  ['GetQueueAttributes', 'ReceiveMessage', 'ChangeMessageVisibility', 'DeleteMessage']
    .concat(['StartMessageMoveTask', 'ListMessageMoveTasks'])
    .map((action) => `sqs:${action} ${queue}`),
);

/** Grants that no test uses, each with the reason why it stays. A grant that is used, or gone, is taken out of here. */
export const UNUSED_GRANTS: Readonly<Record<string, string>> = Object.fromEntries([
  ...describes.map((grant) => [`operator ${grant}`, NOT_EMBEDDED]),
  ...redrives.map((grant) => [`operator ${grant}`, REDRIVE]),
  ['operator sqs:SendMessage StatusQueueStatuses', REDRIVE],
]);
