import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** What API Gateway hands over as text (measured on AWS in ministackorg/ministack#766); all else, also what names no type, comes in base64. */
const TEXT_TYPES = /^(text\/.+|application\/(json|xml|javascript))$/i;

/** A request that a route took. */
export interface RoutedRequest {
  readonly request: IncomingMessage;
  readonly url: URL;
  readonly body: Buffer;
  readonly routeKey: string;
  readonly pathParameters: Readonly<Record<string, string>>;
}

/** An event of payload format 2.0, as an HTTP API gives it to a function; what is undefined is not there in JSON. */
export function createHttpEvent({ request, url, body, routeKey, pathParameters }: RoutedRequest): object {
  const headers = mapValues(request.headersDistinct, (values) => values?.join(',') ?? '');
  const query = mapValues(Object.fromEntries(url.searchParams), (_, name) => url.searchParams.getAll(name).join(','));
  const path = decode(url.pathname);
  return {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString: url.search.slice(1),
    headers,
    queryStringParameters: url.search === '' ? undefined : query,
    pathParameters: routeKey.includes('{') ? mapValues(pathParameters, decode) : undefined,
    requestContext: {
      http: {
        method: request.method,
        path,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress,
        userAgent: headers['user-agent'],
      },
      requestId: randomUUID(),
      routeKey,
      stage: '$default',
      timeEpoch: Date.now(),
    },
    ...encodeBody(body, headers['content-type'] ?? ''),
  };
}

function encodeBody(body: Buffer, contentType: string): object {
  if (body.length === 0) return { isBase64Encoded: false };
  const isText = TEXT_TYPES.test(contentType.replace(/;.*/, '').trim());
  return { body: body.toString(isText ? 'utf8' : 'base64'), isBase64Encoded: !isText };
}

function mapValues<Value>(
  record: Readonly<Record<string, Value>>,
  map: (value: Value, name: string) => string,
): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value, name)]));
}

/** API Gateway decodes paths; what cannot be decoded stays as it came. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
