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
  const { cookie, ...distinct } = request.headersDistinct;
  const headers = mapValues(distinct, (values) => values?.join(',') ?? '');
  const { host = 'localhost', 'content-type': contentType = '', 'user-agent': userAgent = '' } = headers;
  const query = mapValues(Object.fromEntries(url.searchParams), (_, name) => url.searchParams.getAll(name).join(','));
  const rawPath = decode(url.pathname);
  const now = new Date();
  return {
    version: '2.0',
    routeKey,
    rawPath,
    rawQueryString: url.search.slice(1),
    cookies: cookie?.flatMap((line) => line.split(/; */)),
    headers,
    queryStringParameters: url.search === '' ? undefined : query,
    pathParameters: routeKey.includes('{') ? mapValues(pathParameters, decode) : undefined,
    requestContext: {
      accountId: '000000000000',
      apiId: 'local',
      domainName: host.replace(/:\d+$/, ''),
      domainPrefix: 'local',
      http: {
        method: request.method,
        path: rawPath,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress ?? '127.0.0.1',
        userAgent,
      },
      requestId: randomUUID(),
      routeKey,
      stage: '$default',
      time: formatTime(now),
      timeEpoch: now.getTime(),
    },
    ...encodeBody(body, contentType),
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

/** `21/Nov/2026:10:15:00 +0000` */
function formatTime(time: Date): string {
  const [, day, month, year, clock] = time.toUTCString().split(' ');
  return `${day}/${month}/${year}:${clock} +0000`;
}
