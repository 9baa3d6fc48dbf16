import type { FunctionName } from '../../../infra/aws/function-names.ts';
import { parseOid } from '../../../shared/model/oid.ts';
import { formatDecisionHint } from '../../../shared/queue/decision-hint.ts';
import { formatStatusHint } from '../../../shared/queue/status-hint.ts';
import { createTokenText } from '../../../shared/store/token-text.ts';

const HINT = { ref: { repository: 'nothing', branch: 'main' }, delivery: 'cold', commit: parseOid('0'.repeat(40)) };

/** What leads a function straight to DynamoDB, where nothing is stored. */
export const FIRST_EVENTS: Readonly<Partial<Record<FunctionName, object>>> = {
  webhook: describeRequest('POST /webhooks/{source}', { pathParameters: { source: 'nothing' }, body: '{}' }),
  'trusted-revision': describeRequest('GET /v1/repositories', {
    headers: { authorization: `Bearer ${createTokenText()}` },
  }),
  verify: describeBatch(formatDecisionHint(HINT)),
  sweep: {},
  'compare-refs': describeBatch('nothing'),
  'commit-status': describeBatch(formatStatusHint(HINT)),
};

function describeRequest(routeKey: string, parts: object): object {
  return { version: '2.0', routeKey, headers: {}, requestContext: { timeEpoch: 0 }, isBase64Encoded: false, ...parts };
}

function describeBatch(body: string): object {
  const attributes = { MessageGroupId: 'nothing', ApproximateReceiveCount: '1' };
  return { Records: [{ messageId: '1', receiptHandle: '1', body, attributes }] };
}
