import type { MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { HeadlockError } from '../model/headlock-error.ts';

/** An event of API Gateway (payload 2.0) with the body's bytes as they came. */
export type RawBodyEvent = APIGatewayProxyEventV2 & { rawBody: Buffer };

/** Hands the body over as bytes, never parsed. Refuses what is too long before it is decoded: `body_too_large`. */
export function readRawBody(maxBytes: number): MiddlewareObj<RawBodyEvent> {
  return {
    before({ event }) {
      const { body = '', isBase64Encoded } = event;
      const encoding = isBase64Encoded ? 'base64' : 'utf8';
      if (Buffer.byteLength(body, encoding) > maxBytes) throw createBodyTooLargeError(maxBytes);
      event.rawBody = Buffer.from(body, encoding);
    },
  };
}

function createBodyTooLargeError(maxBytes: number): HeadlockError<'body_too_large'> {
  const mebibytes = maxBytes / 1024 / 1024;
  return new HeadlockError('body_too_large', `The body is larger than ${mebibytes} MiB. Send less at a time.`, {
    kind: 'input',
  });
}
