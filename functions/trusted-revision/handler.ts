import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { respondConditionally } from '../../shared/lambda/conditional-response.ts';
import { createLogger } from '../../shared/lambda/logger.ts';
import { type Problems, problemResponses } from '../../shared/lambda/problem-responses.ts';
import { readEnvironment } from '../../shared/lambda/read-environment.ts';
import { createDynamoBranchStore } from '../../shared/store/dynamo-branch-store.ts';
import { createDynamoClient } from '../../shared/store/dynamo-client.ts';
import { createDynamoTokenStore } from '../../shared/store/dynamo-token-store.ts';
import { authenticateAgent } from './authenticate-agent.ts';
import { listRepositories } from './list-repositories.ts';
import { createOpenApiDocument } from './openapi.ts';
import { type ReadTrustedRevisionErrorCode, readTrustedRevision } from './read-trusted-revision.ts';

const environment = readEnvironment(process.env, ['HEADLOCK_TABLE']);
const client = createDynamoClient();
const branches = createDynamoBranchStore(client, environment.HEADLOCK_TABLE);
const tokens = createDynamoTokenStore(client, environment.HEADLOCK_TABLE);
const log = createLogger();

/** Short beside the time between polls: what a client keeps adds little to how old its answer is. */
const MAX_AGE_SECONDS = 10;

const PROBLEMS: Problems<ReadTrustedRevisionErrorCode | 'unauthenticated'> = {
  branch_needed: { status: 400, title: 'Bad Request' },
  unauthenticated: { status: 401, title: 'Unauthorized', headers: { 'www-authenticate': 'Bearer realm="headlock"' } },
  not_found: { status: 404, title: 'Not Found' },
};

type Route = (event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyStructuredResultV2>;

const ROUTES: ReadonlyMap<string, Route> = new Map<string, Route>([
  [
    'GET /v1/repositories',
    async ({ headers }) => {
      const token = await authenticateAgent(tokens, headers.authorization, new Date());
      return respondConditionally(await listRepositories(branches, token), headers['if-none-match'], MAX_AGE_SECONDS);
    },
  ],
  [
    'GET /v1/repositories/{repository}/trusted-revision',
    async ({ headers, pathParameters, queryStringParameters }) => {
      const token = await authenticateAgent(tokens, headers.authorization, new Date());
      const repository = pathParameters?.repository ?? '';
      const publication = await readTrustedRevision(branches, token, repository, queryStringParameters?.branch ?? null);
      return respondConditionally(publication, headers['if-none-match'], MAX_AGE_SECONDS);
    },
  ],
  ['GET /openapi.json', async () => json(createOpenApiDocument())],
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

function json(value: object): APIGatewayProxyStructuredResultV2 {
  return { statusCode: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}
