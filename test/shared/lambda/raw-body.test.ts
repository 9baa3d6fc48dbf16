import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RawBodyEvent, readRawBody } from '../../../shared/lambda/raw-body.ts';

const MAX_BYTES = 1_000;

async function readBody(body: string | undefined, isBase64Encoded: boolean): Promise<Buffer> {
  const handler = middy<RawBodyEvent, Buffer>({ timeoutEarlyInMillis: 0 })
    .use(readRawBody(MAX_BYTES))
    .handler(async (event: RawBodyEvent) => event.rawBody);
  return (await handler(
    { ...(body !== undefined && { body }), isBase64Encoded } as RawBodyEvent,
    {} as Context,
  )) as Buffer;
}

describe('readRawBody', () => {
  it('hands over the bytes that were sent, in base64 or as text', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: MAX_BYTES }),
        fc.string({ unit: 'grapheme', maxLength: 50 }),
        async (bytes, text) => {
          expect(await readBody(Buffer.from(bytes).toString('base64'), true)).toEqual(Buffer.from(bytes));
          expect(await readBody(text, false)).toEqual(Buffer.from(text));
        },
      ),
    );
    expect(await readBody(undefined, false)).toEqual(Buffer.alloc(0));
  });

  it.each([
    ['base64', Buffer.alloc(MAX_BYTES + 1).toString('base64'), true],
    ['text', 'x'.repeat(MAX_BYTES + 1), false],
    ['text of several bytes a character', '€'.repeat(MAX_BYTES / 3 + 1), false],
  ])('refuses one byte too many in %s', async (_, body, isBase64Encoded) => {
    await expect(readBody(body, isBase64Encoded)).rejects.toMatchObject({ code: 'body_too_large', kind: 'input' });
  });

  it('takes as many bytes as are allowed', async () => {
    expect(await readBody(Buffer.alloc(MAX_BYTES).toString('base64'), true)).toHaveLength(MAX_BYTES);
    expect(await readBody('x'.repeat(MAX_BYTES), false)).toHaveLength(MAX_BYTES);
  });
});
