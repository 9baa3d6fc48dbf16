import type { IncomingHttpHeaders } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { Principal, Principals } from '../iam/principals.ts';
import type { RequestListener } from '../loopback-server.ts';
import { AwsError } from './aws-error.ts';
import type { Operation, Operations } from './operation.ts';
import { parseForm, writeXml, writeXmlError } from './query-protocol.ts';
import { assertSigned } from './signature-v4.ts';

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** One call of a client, with a good signature. */
export interface ServiceCall {
  /** As its clients name it in `X-Amz-Target`, or `SNS`. */
  readonly service: string;
  readonly operation: string;
  /** What signed it. */
  readonly accessKeyId: string;
  /** Whose that is: the name of a function, `operator`, `owner`. */
  readonly principal: string;
  readonly input: unknown;
}

/** Stands between clients and services: may watch a call, refuse it by an AwsError, or fail it before or after its effect. */
export type Interceptor = (call: ServiceCall, perform: () => Promise<unknown>) => Promise<unknown>;

const MAX_REQUEST_BYTES = 16 * 1024 * 1024;

export interface Dispatcher {
  /** Serves all services at `POST /`: checks the signature, finds who is meant, calls, and answers as that service does. */
  readonly serve: RequestListener;
  /**
   * One call without a request.
   * @param name - of the operation, as `AmazonSQS.ReceiveMessage`
   * @throws AwsError
   */
  call(name: string, input: unknown, caller: Principal, signal: AbortSignal): Promise<unknown>;
}

/**
 * Brings calls to the services.
 * @param services - by the prefix of `X-Amz-Target`; SNS, which has no such header, under its own name.
 * @param intercept - stands around each call whose operation is known.
 */
export function createDispatcher(
  services: Readonly<Record<string, Operations>>,
  principals: Pick<Principals, 'find'>,
  intercept: Interceptor,
): Dispatcher {
  const operations = new Map<string, Operation>();
  for (const [service, ofService] of Object.entries(services)) {
    for (const [name, operation] of Object.entries(ofService)) operations.set(`${service}.${name}`, operation);
  }

  const serve: RequestListener = async (request, response) => {
    const { headers, method, url } = request;
    // A browser names the page that sends a request; no page has business here.
    if (headers.origin !== undefined || method !== 'POST' || url !== '/') {
      return void response.writeHead(403).end('Only an AWS SDK is served here.\n');
    }
    // Transfer-Encoding has no length: no AWS SDK sends it to these services.
    if (!(Number(headers['content-length']) <= MAX_REQUEST_BYTES)) {
      return void response.writeHead(413).end('The request is too large.\n');
    }
    const input = await buffer(request);
    const gone = new AbortController();
    response.once('close', () => {
      if (!response.writableFinished) gone.abort();
    });
    const { status, type, body } = await answer(headers, input, gone.signal);
    response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body);
  };
  return { serve, call };

  async function answer(headers: IncomingHttpHeaders, body: Buffer, signal: AbortSignal): Promise<Answer> {
    const target = headers['x-amz-target'];
    try {
      const signer = assertSigned(headers, body, principals.find);
      if (typeof target === 'string') return writeJson(200, await call(target, parseJson(body), signer, signal));
      const { Action: name = '', ...input } = parseForm(body);
      return writeXml(name, await call(`SNS.${name}`, input, signer, signal));
    } catch (error) {
      const refusal = error instanceof AwsError ? error : new AwsError('InternalFailure', String(error), 500);
      if (typeof target !== 'string') return writeXmlError(refusal);
      const field = refusal.name === 'AccessDeniedException' ? 'Message' : 'message';
      return writeJson(refusal.status, { __type: refusal.name, [field]: refusal.message || undefined });
    }
  }

  async function call(name: string, input: unknown, caller: Principal, signal: AbortSignal): Promise<unknown> {
    const perform = operations.get(name);
    if (perform === undefined) {
      throw new AwsError('UnknownOperationException', `The embedded services do not have ${name}.`);
    }
    const [service = '', operation = ''] = name.split('.');
    const { accessKeyId } = caller.credentials;
    return intercept({ service, operation, accessKeyId, principal: caller.name, input }, async () =>
      perform(input, signal),
    );
  }
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new AwsError('SerializationException', 'The request body is not JSON.');
  }
}

function writeJson(status: number, output: unknown): Answer {
  return { status, type: 'application/x-amz-json-1.1', body: JSON.stringify(output ?? {}) };
}
