import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { respondConditionally, respondWithText } from '../../shared/lambda/conditional-response.ts';
import { createLogger } from '../../shared/lambda/logger.ts';
import { type Problems, problemResponses } from '../../shared/lambda/problem-responses.ts';
import { readEnvironment } from '../../shared/lambda/read-environment.ts';
import type { BranchState } from '../../shared/model/branch-state.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import type { TagState } from '../../shared/model/tag-state.ts';
import { ENVELOPE_TYPE } from '../../shared/statements/dsse.ts';
import { createDynamoBranchStore } from '../../shared/store/dynamo-branch-store.ts';
import { createDynamoClient } from '../../shared/store/dynamo-client.ts';
import { createDynamoHistoryStore } from '../../shared/store/dynamo-history-store.ts';
import { createDynamoStatementStore } from '../../shared/store/dynamo-statement-store.ts';
import { createDynamoTagStore } from '../../shared/store/dynamo-tag-store.ts';
import { createDynamoTokenStore } from '../../shared/store/dynamo-token-store.ts';
import { createDynamoVerdictStore } from '../../shared/store/dynamo-verdict-store.ts';
import { rememberTokens } from '../../shared/store/remembered-tokens.ts';
import type { AgentToken } from '../../shared/store/token-store.ts';
import { authenticateAgent } from './authenticate-agent.ts';
import { type BranchQuery, type FindBranchErrorCode, findBranch, type PublishedBranches } from './find-branch.ts';
import { findTag } from './find-tag.ts';
import { listRepositories } from './list-repositories.ts';
import { publishBranch } from './publication.ts';
import { createNoTagStatementError, type ReadAttestationErrorCode, readAttestation } from './read-attestation.ts';
import { type ReadCommitErrorCode, readCommit } from './read-commit.ts';
import { type ReadEventsErrorCode, readEvents } from './read-events.ts';
import { createRecentBranches } from './recent-branches.ts';
import { publishTag } from './tag-publication.ts';

const environment = readEnvironment(process.env, ['HEADLOCK_TABLE', 'HEADLOCK_POLL_AFTER_SECONDS']);
const pollAfterSeconds = Number(environment.HEADLOCK_POLL_AFTER_SECONDS);
const client = createDynamoClient();
const branches = createDynamoBranchStore(client, environment.HEADLOCK_TABLE);
/** For what must not go back in time from one answer to the next. */
const CONSISTENT: PublishedBranches = { readForPublication: branches.read, listForPublication: branches.list };
const verdicts = createDynamoVerdictStore(client, environment.HEADLOCK_TABLE);
const history = createDynamoHistoryStore(client, environment.HEADLOCK_TABLE);
const tags = createDynamoTagStore(client, environment.HEADLOCK_TABLE);
const statements = createDynamoStatementStore(client, environment.HEADLOCK_TABLE);
const tokens = rememberTokens(createDynamoTokenStore(client, environment.HEADLOCK_TABLE), Date.now);
const recent = createRecentBranches(Date.now);
const log = createLogger();

/** Short beside the time between polls: what a client keeps adds little to how old its answer is. */
const MAX_AGE_SECONDS = 10;

type ErrorCode =
  | FindBranchErrorCode
  | ReadAttestationErrorCode
  | ReadCommitErrorCode
  | ReadEventsErrorCode
  | 'unauthenticated'
  | 'branch_and_tag';

const PROBLEMS: Problems<ErrorCode> = {
  branch_needed: { status: 400, title: 'Bad Request' },
  branch_and_tag: { status: 400, title: 'Bad Request' },
  malformed_cursor: { status: 400, title: 'Bad Request' },
  unauthenticated: { status: 401, title: 'Unauthorized', headers: { 'www-authenticate': 'Bearer realm="headlock"' } },
  not_found: { status: 404, title: 'Not Found' },
  no_verdict: { status: 404, title: 'Not Found' },
  no_statement: { status: 404, title: 'Not Found' },
  statement_pending: { status: 404, title: 'Not Found', headers: { 'retry-after': '5' } },
};

type Route = (event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyStructuredResultV2>;

const ROUTES: ReadonlyMap<string, Route> = new Map<string, Route>([
  [
    'GET /v1/repositories',
    async (event) => answer(event, await listRepositories(branches, tags, await authenticate(event))),
  ],
  [
    'GET /v1/repositories/{repository}/trusted-revision',
    async (event) => (namesTag(event) ? answerPublished(event, publishTag(await readTag(event))) : answerPoll(event)),
  ],
  [
    'GET /v1/repositories/{repository}/trusted-revision/attestation',
    async (event) => {
      if (namesTag(event)) {
        await readTag(event);
        throw createNoTagStatementError();
      }
      const envelope = await readAttestation(statements, await readBranch(event, CONSISTENT), new Date());
      return respondWithText(envelope, ENVELOPE_TYPE, event.headers['if-none-match'], MAX_AGE_SECONDS);
    },
  ],
  [
    'GET /v1/repositories/{repository}/commits/{oid}',
    async (event) => {
      const { ref } = await readBranch(event);
      return answer(event, await readCommit(verdicts, ref, event.pathParameters?.oid ?? ''));
    },
  ],
  [
    'GET /v1/repositories/{repository}/events',
    async (event) => {
      const { ref } = namesTag(event) ? await readTag(event) : await readBranch(event);
      return answer(event, await readEvents(history, ref, event.queryStringParameters?.after ?? null));
    },
  ],
  ['GET /openapi.json', async () => json((await import('./openapi.ts')).createOpenApiDocument())],
  ['GET /healthz', async () => json({ status: 'ok' })],
]);

/** The HTTP API for agents (interfaces, part 3). */
export const handler = middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>({ timeoutEarlyInMillis: 0 })
  .use(injectLambdaContext(log))
  .use(problemResponses(log, PROBLEMS))
  .handler(async (event: APIGatewayProxyEventV2) => {
    const route = ROUTES.get(event.routeKey);
    if (route === undefined) throw new Error(`No route is known as ${event.routeKey}.`);
    return route(event);
  });

function authenticate({ headers }: APIGatewayProxyEventV2): Promise<AgentToken> {
  return authenticateAgent(tokens, headers.authorization, new Date());
}

/** What was read within a second may say that nothing is new, and no more: no answer goes back behind one that was given. */
async function answerPoll(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
  const token = await authenticate(event);
  const named = nameBranch(event);
  const known = recent.find(token, named);
  const unchanged = known && answerPublished(event, publishBranch(known));
  // Of several answers that the client has, the one that is remembered here need not be the latest.
  if (unchanged !== null && unchanged.headers?.etag === event.headers['if-none-match']) return unchanged;
  const askedAt = Date.now();
  const state = await findBranch(branches, token, named);
  recent.add(state, askedAt);
  return answerPublished(event, publishBranch(state));
}

/** The branch that the path and `?branch=` name, to whoever may see it. */
async function readBranch(event: APIGatewayProxyEventV2, from: PublishedBranches = branches): Promise<BranchState> {
  return findBranch(from, await authenticate(event), nameBranch(event));
}

function nameBranch({ pathParameters, queryStringParameters }: APIGatewayProxyEventV2): BranchQuery {
  return { repository: pathParameters?.repository ?? '', branch: queryStringParameters?.branch ?? null };
}

/** @throws HeadlockError `branch_and_tag`: whoever meant one is not to be given the revision of the other */
function namesTag({ queryStringParameters: { branch, tag } = {} }: APIGatewayProxyEventV2): boolean {
  if (branch === undefined || tag === undefined) return tag !== undefined;
  const message = 'Name a branch with ?branch= or a tag with ?tag=, and not both.';
  throw new HeadlockError('branch_and_tag', message, { kind: 'input' });
}

/** The tag that the path and `?tag=` name, likewise. */
async function readTag(event: APIGatewayProxyEventV2): Promise<TagState> {
  const { pathParameters, queryStringParameters } = event;
  const named = { repository: pathParameters?.repository ?? '', tag: queryStringParameters?.tag ?? '' };
  return findTag(tags, await authenticate(event), named);
}

function answerPublished(event: APIGatewayProxyEventV2, published: object): APIGatewayProxyStructuredResultV2 {
  return answer(event, { ...published, pollAfterSeconds });
}

function answer({ headers }: APIGatewayProxyEventV2, value: object): APIGatewayProxyStructuredResultV2 {
  return respondConditionally(value, headers['if-none-match'], MAX_AGE_SECONDS);
}

function json(value: object): APIGatewayProxyStructuredResultV2 {
  return { statusCode: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}
