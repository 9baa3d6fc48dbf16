import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  envelopeSchema,
  problemSchema,
  publicationSchema,
} from '../../../functions/trusted-revision/response-schemas.ts';
import { type BranchState, publishedStateOf } from '../../../shared/model/branch-state.ts';
import type { SignedStatement } from '../../../shared/model/statement.ts';
import { mintTrustedRevision } from '../../../shared/model/trusted-revision.ts';
import { createStatement, EXTENSION } from '../../../shared/statements/create-statement.ts';
import { createDynamoBranchStore } from '../../../shared/store/dynamo-branch-store.ts';
import { createDynamoStatementStore } from '../../../shared/store/dynamo-statement-store.ts';
import { createDynamoTagStore } from '../../../shared/store/dynamo-tag-store.ts';
import { createDynamoTokenStore } from '../../../shared/store/dynamo-token-store.ts';
import { createTokenText, hashTokenText } from '../../../shared/store/token-text.ts';
import { actAs, dynamoOfOwner } from '../../support/act-as.ts';
import { createBranchState, createLockedBranchState } from '../../support/branch-states.ts';
import { TABLE, useEmbeddedServices } from '../../support/embedded-services.ts';
import { oidOf } from '../../support/small-history.ts';
import { createLocalSigner, createStatedBranch, openEnvelope } from '../../support/statements.ts';
import { createTrustedTagState } from '../../support/tag-states.ts';

useEmbeddedServices();

const HOUR = 3_600_000;
const timeFromNow = (ms: number) => new Date(Date.now() + ms).toISOString();
const REPOSITORY = 'stated';
const TERMS = { issuedAt: timeFromNow(-HOUR), renewAt: timeFromNow(11 * HOUR), expires: timeFromNow(23 * HOUR) };
const { lock } = createLockedBranchState();
const COMPROMISE = { keys: ['SHA256:lost'], message: 'A key is lost.', nextStep: 'Look.', since: TERMS.issuedAt };
const signer = createLocalSigner();

let handler: typeof import('../../../functions/trusted-revision/handler.ts').handler;
let token: string;
let count = 0;

beforeAll(async () => {
  Object.assign(process.env, {
    HEADLOCK_TABLE: TABLE,
    HEADLOCK_POLL_AFTER_SECONDS: '30',
    POWERTOOLS_LOG_LEVEL: 'SILENT',
  });
  token = createTokenText();
  await createDynamoTokenStore(dynamoOfOwner(), TABLE).create({
    ...{ sha256: hashTokenText(token), name: 'agent', repositories: [REPOSITORY], revoked: null },
    ...{ created: timeFromNow(-HOUR), expires: timeFromNow(HOUR) },
  });
  await actAs('trusted-revision');
  ({ handler } = await import('../../../functions/trusted-revision/handler.ts'));
});

const ATTESTATION = 'GET /v1/repositories/{repository}/trusted-revision/attestation';

async function get(query: Record<string, string>, headers = {}, routeKey = ATTESTATION, repository = REPOSITORY) {
  const event = {
    ...{ version: '2.0', routeKey, pathParameters: { repository }, queryStringParameters: query },
    headers: { authorization: `Bearer ${token}`, ...headers },
    ...{ requestContext: { requestId: 'request-1' }, isBase64Encoded: false },
  } as unknown as APIGatewayProxyEventV2;
  const {
    statusCode: status,
    headers: answered = {},
    body = '',
  } = (await handler(event, {} as Context)) as APIGatewayProxyStructuredResultV2;
  return { status, headers: answered, body };
}

/** A branch of its own, signed as verify does it. */
async function publish(state: BranchState = createStatedBranch({}, TERMS)): Promise<BranchState> {
  const written = await write({ ...state, ref: { repository: REPOSITORY, branch: `branch-${count++}` } });
  await sign(written);
  return written;
}

async function write(state: BranchState): Promise<BranchState> {
  const written = await createDynamoBranchStore(dynamoOfOwner(), TABLE).write(state);
  if (written === null) throw new Error('Somebody else wrote first.');
  return written;
}

async function sign(state: BranchState): Promise<SignedStatement> {
  const [statement, { trusted, statement: terms }] = [createStatement(state), state];
  if (statement === null || trusted === null || terms === null) throw new Error('Nothing to sign.');
  const { sequence, issuedAt, expires } = terms;
  const signed = {
    ...{ sequence, state: terms.state, revision: trusted.oid, issuedAt, expires },
    ...(await signer.sign(statement)),
  };
  await createDynamoStatementStore(dynamoOfOwner(), TABLE).put(state.ref, signed);
  return signed;
}

const ask = ({ ref }: BranchState, headers = {}) => get({ branch: ref.branch }, headers);
const codeOf = (body: string) => problemSchema.parse(JSON.parse(body)).type.replace('urn:headlock:problem:', '');

describe(ATTESTATION, () => {
  it('answers the envelope as it was signed, with an entity tag (rule 6.1)', async () => {
    const state = await publish();
    const { status, headers, body } = await ask(state);
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'application/vnd.dsse.envelope.v1+json',
      'cache-control': 'private, max-age=10',
    });
    expect(envelopeSchema.parse(JSON.parse(body))).toEqual(JSON.parse(body));
    const { predicate, subject } = openEnvelope(body, signer.pem);
    expect(predicate[EXTENSION]).toMatchObject({ branch: state.ref.branch, sequence: 1, state: 'Trusted' });
    expect(subject[0]?.digest.gitCommit).toBe(state.trusted?.oid);
    const again = await ask(state, { 'if-none-match': String(headers.etag) });
    expect(again).toMatchObject({ status: 304, body: '', headers: { etag: headers.etag } });
  });

  it.each<[string, Partial<BranchState>]>([
    ['locked', { lock }],
    ['compromised', { compromise: COMPROMISE }],
  ])('answers for a %s branch (rules 3.3, 6.3)', async (_, changes) => {
    const state = createStatedBranch(changes, TERMS);
    const terms = state.statement && { ...state.statement, state: publishedStateOf(state) };
    const { status, body } = await ask(await publish({ ...state, statement: terms }));
    expect(status).toBe(200);
    expect(openEnvelope(body, signer.pem).predicate[EXTENSION].state).toBe(publishedStateOf(state));
  });

  it.each<[string, Partial<BranchState>]>([
    ['sequence and revision', { sequence: 2, trusted: mintTrustedRevision(oidOf('d')) }],
    ['sequence alone', { sequence: 2 }],
    ['state', { lock }],
    ['state, on a compromised key', { compromise: COMPROMISE }],
  ])('serves nothing that tells of another %s, and says to ask again (rules 5.3, 6.2)', async (_, changes) => {
    const state = await publish();
    const changed = await write({ ...state, ...changes });
    const { status, headers, body } = await ask(changed);
    expect([status, codeOf(body), headers['retry-after']]).toEqual([404, 'statement_pending', '5']);
    expect(body).not.toContain('payload');
    const { statement } = changed;
    const terms = statement && { ...statement, sequence: changed.sequence, state: publishedStateOf(changed) };
    await sign({ ...changed, statement: terms && { ...terms, issuedAt: timeFromNow(0) } });
    expect(await ask(changed)).toMatchObject({ status: 200 });
  });

  it('serves the former statement of the same state while the next one is being signed (rule 6.2)', async () => {
    const state = await publish();
    const former = await ask(state);
    const statement = state.statement && { ...state.statement, issuedAt: timeFromNow(0) };
    const renewed = await write({ ...state, statement });
    expect(await ask(renewed)).toEqual(former);
    await sign(renewed);
    const next = await ask(renewed);
    expect(next).toMatchObject({ status: 200 });
    expect(next.headers.etag).not.toBe(former.headers.etag);
  });

  it('serves none that has expired, none before the first, and none of what publishes nothing', async () => {
    const expired = await publish(createStatedBranch({}, { ...TERMS, expires: timeFromNow(-1) }));
    const unsigned = await write(createStatedBranch({ ref: { repository: REPOSITORY, branch: 'unsigned' } }, TERMS));
    for (const state of [expired, unsigned]) expect(codeOf((await ask(state)).body)).toBe('statement_pending');
    const pending = await write(createBranchState({ ref: { repository: REPOSITORY, branch: 'pending' } }));
    const { status, body } = await ask(pending);
    expect([status, codeOf(body)]).toEqual([404, 'no_statement']);
  });

  it('says that tags have none, and nothing of what the token may not see', async () => {
    await createDynamoTagStore(dynamoOfOwner(), TABLE).write(createTrustedTagState(REPOSITORY, 'v1'));
    expect(codeOf((await get({ tag: 'v1' })).body)).toBe('no_statement');
    expect(codeOf((await get({ tag: 'v2' })).body)).toBe('not_found');
    await write(createStatedBranch({ ref: { repository: 'hidden', branch: 'main' } }, TERMS));
    const hidden = await get({ branch: 'main' }, {}, ATTESTATION, 'hidden');
    expect([hidden.status, codeOf(hidden.body)]).toEqual([404, 'not_found']);
    expect(await get({ branch: 'main' }, { authorization: '' })).toMatchObject({ status: 401 });
  });
});

describe('keyId', () => {
  it('is that of the latest statement, also while another one is being signed (rule 6.1)', async () => {
    const keyId = '1'.repeat(64);
    const { ref } = await publish(createStatedBranch({}, { ...TERMS, isSigned: false, keyId }));
    const { body } = await get({ branch: ref.branch }, {}, 'GET /v1/repositories/{repository}/trusted-revision');
    expect(publicationSchema.parse(JSON.parse(body)).keyId).toBe(keyId);
  });
});
