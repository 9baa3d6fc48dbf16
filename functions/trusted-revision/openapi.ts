import * as z from 'zod';
import { ENVELOPE_TYPE } from '../../shared/statements/dsse.ts';
import {
  commitVerdictSchema,
  deliveryOutcomeSchema,
  envelopeSchema,
  eventPageSchema,
  healthSchema,
  problemSchema,
  publicationSchema,
  repositoryListSchema,
  tagPublicationSchema,
} from './response-schemas.ts';

const schemaOf = (schema: z.ZodType): object => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema);
  return rest;
};

const answer = (description: string, schema: z.ZodType, mediaType = 'application/json') => ({
  description,
  content: { [mediaType]: { schema: schemaOf(schema) } },
});
const problem = (description: string) => answer(description, problemSchema, 'application/problem+json');
const unauthorized = problem('The token is missing, unknown, expired or revoked.');

const pathParameter = (name: string, description: string) => ({
  name,
  in: 'path',
  required: true,
  description,
  schema: { type: 'string' },
});
const ifNoneMatch = {
  name: 'If-None-Match',
  in: 'header',
  description: 'The entity tag of the answer that the client has.',
  schema: { type: 'string' },
};

const repositoryParameter = pathParameter('repository', 'A name of `GET /v1/repositories`.');
const queryParameter = (name: string, description: string) => ({
  name,
  in: 'query',
  description,
  schema: { type: 'string' },
});
const tagParameter = queryParameter('tag', 'In place of a branch, without `refs/tags/`. There is no newest one.');
const branchParameter = queryParameter('branch', 'May be left out where one branch is guarded.');

const ofToken = { security: [{ bearer: [] }, { basic: [] }] };

/** The description of the whole HTTP API, in OpenAPI 3.1. */
export function createOpenApiDocument() {
  return {
    openapi: '3.1.1',
    info: {
      title: 'Headlock',
      version: '1',
      description: 'Webhooks in, trusted revisions out.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths: {
      '/webhooks/{source}': {
        post: {
          operationId: 'acceptDelivery',
          summary: 'Takes a push webhook of a forge, authenticated over its raw bytes',
          parameters: [pathParameter('source', "A repository's name.")],
          requestBody: { required: true, content: { 'application/json': { schema: { type: 'object' } } } },
          security: [],
          responses: {
            200: answer('Authentic, and of no interest.', deliveryOutcomeSchema),
            202: answer('The branch, or the tags, will be looked at.', deliveryOutcomeSchema),
            400: problem('Authentic, and malformed.'),
            401: problem('Not authentic, or an unknown source.'),
            413: problem('Larger than 5 MiB.'),
            415: problem('Authentic, and form-encoded.'),
          },
        },
      },
      '/v1/repositories': {
        get: {
          operationId: 'listRepositories',
          summary: 'The repositories that the token may see, with their branches, tags and states',
          parameters: [ifNoneMatch],
          ...ofToken,
          responses: {
            200: answer('The repositories.', repositoryListSchema),
            304: { description: 'The client has this answer.' },
            401: unauthorized,
          },
        },
      },
      '/v1/repositories/{repository}/trusted-revision': {
        get: {
          operationId: 'readTrustedRevision',
          summary: 'The trusted revision of a branch or a tag, also while it is locked',
          parameters: [repositoryParameter, branchParameter, tagParameter, ifNoneMatch],
          ...ofToken,
          responses: {
            200: answer('What is published.', z.union([publicationSchema, tagPublicationSchema])),
            304: { description: 'The client has this answer.' },
            400: problem('Several branches are guarded and none is named, or a branch and a tag are.'),
            401: unauthorized,
            404: problem('Nothing of that name that the token may see.'),
          },
        },
      },
      '/v1/repositories/{repository}/trusted-revision/attestation': {
        get: {
          operationId: 'readAttestation',
          summary: 'The signed statement about the trusted revision of a branch: what was proven of it',
          parameters: [repositoryParameter, branchParameter, ifNoneMatch],
          ...ofToken,
          responses: {
            200: answer('The statement in its envelope (DSSE).', envelopeSchema, ENVELOPE_TYPE),
            304: { description: 'The client has this answer.' },
            400: problem('Several branches are guarded and none is named.'),
            401: unauthorized,
            404: problem(
              'Nothing of that name that the token may see; or `no_statement`: nothing is published, or it is a tag; or `statement_pending`: it is being issued, ask again after `Retry-After`.',
            ),
          },
        },
      },
      '/v1/repositories/{repository}/commits/{oid}': {
        get: {
          operationId: 'readCommit',
          summary: 'The recorded verdict of a commit, with its checks',
          parameters: [repositoryParameter, pathParameter('oid', 'A full commit id.'), branchParameter, ifNoneMatch],
          ...ofToken,
          responses: {
            200: answer('The verdict.', commitVerdictSchema),
            304: { description: 'The client has this answer.' },
            400: problem('Several branches are guarded and none is named.'),
            401: unauthorized,
            404: problem('Nothing of that name that the token may see, or no verdict on that commit.'),
          },
        },
      },
      '/v1/repositories/{repository}/events': {
        get: {
          operationId: 'readEvents',
          summary: 'The audit trail of a branch or a tag, the oldest event first, 100 a page',
          parameters: [
            repositoryParameter,
            branchParameter,
            tagParameter,
            queryParameter('after', 'The id of an event: those that came after it.'),
            ifNoneMatch,
          ],
          ...ofToken,
          responses: {
            200: answer('A page.', eventPageSchema),
            304: { description: 'The client has this answer.' },
            400: problem(
              'Several branches are guarded and none is named, or a branch and a tag are, or `after` is no id of an event.',
            ),
            401: unauthorized,
            404: problem('Nothing of that name that the token may see.'),
          },
        },
      },
      '/healthz': {
        get: {
          operationId: 'readHealth',
          summary: 'Whether the function runs',
          security: [],
          responses: { 200: answer('It runs.', healthSchema) },
        },
      },
      '/openapi.json': {
        get: {
          operationId: 'readDescription',
          summary: 'This document',
          security: [],
          responses: { 200: answer('This document.', z.looseObject({ openapi: z.string() })) },
        },
      },
    },
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'An agent token: `hl_…`.' },
        basic: { type: 'http', scheme: 'basic', description: 'Any user name, the agent token as password.' },
      },
    },
  };
}
