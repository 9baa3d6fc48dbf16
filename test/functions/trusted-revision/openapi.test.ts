import { describe, expect, it } from 'vitest';
import { createOpenApiDocument } from '../../../functions/trusted-revision/openapi.ts';
import { PUBLIC_ROUTES } from '../../../infra/aws/public-routes.ts';

const document = createOpenApiDocument();
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ key: `${method.toUpperCase()} ${path}`, operation })),
);

describe('createOpenApiDocument', () => {
  it('describes every route of the HTTP API, and no other', () => {
    const routes = PUBLIC_ROUTES.map(({ method, path }) => `${method} ${path}`);
    expect(operations.map(({ key }) => key).toSorted()).toEqual(routes.toSorted());
  });

  it.each(operations)('describes the path parameters, answers and errors of $key', ({ key, operation }) => {
    const { parameters = [], responses } = operation as {
      parameters?: { in: string; name: string }[];
      responses: object;
    };
    const described = parameters.filter((parameter) => parameter.in === 'path').map((parameter) => parameter.name);
    expect(described).toEqual([...key.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
    for (const [status, response] of Object.entries(responses)) {
      const { description, content = {} } = response as {
        description: string;
        content?: Record<string, { schema: object }>;
      };
      expect(description).not.toBe('');
      const ofAnswer = key.endsWith('/attestation') ? 'application/vnd.dsse.envelope.v1+json' : 'application/json';
      const mediaType = Number(status) >= 400 ? 'application/problem+json' : ofAnswer;
      expect(Object.keys(content)).toEqual(status === '304' ? [] : [mediaType]);
      for (const { schema } of Object.values(content)) expect(schema).not.toHaveProperty('$schema');
    }
  });

  it('gives every operation an id of its own', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
