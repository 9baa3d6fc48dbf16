import { AwsError } from './aws-error.ts';
import type { Credentials } from './credentials.ts';
import type { Answer, Request } from './http-server.ts';
import type { Operation, Operations } from './operation.ts';
import { parseForm, writeXml, writeXmlError } from './query-protocol.ts';
import { assertSigned } from './signature-v4.ts';

/** The services by the prefix of `X-Amz-Target`; SNS, which has no such header, under its own name. */
export type ServiceOperations = Readonly<
  Record<'DynamoDB_20120810' | 'AmazonSQS' | 'TrentService' | 'SNS', Operations>
>;

/** One function for all services: finds who is meant, checks the signature, calls, and writes the answer as that service does. */
export function createDispatcher(
  services: ServiceOperations,
  credentials: Credentials,
): (request: Request) => Promise<Answer> {
  return async (request) => {
    const { headers, body, signal } = request;
    const target = headers['x-amz-target'];
    const type = headers['content-type'] ?? 'application/x-amz-json-1.0';
    try {
      assertSigned(headers, body, credentials);
      if (typeof target === 'string') {
        const [service = '', name = ''] = target.split('.');
        const output = await find(services, service, name)(parseJson(body), signal);
        return { status: 200, type, body: JSON.stringify(output ?? {}) };
      }
      const { Action: name = '', ...input } = parseForm(body);
      return writeXml(name, await find(services, 'SNS', name)(input, signal));
    } catch (error) {
      const refusal = error instanceof AwsError ? error : new AwsError('InternalFailure', String(error), 500);
      return typeof target === 'string' ? writeJsonError(refusal, type) : writeXmlError(refusal);
    }
  };
}

function find(services: Readonly<Record<string, Operations>>, service: string, name: string): Operation {
  const operations = Object.hasOwn(services, service) ? services[service] : undefined;
  const operation = operations !== undefined && Object.hasOwn(operations, name) ? operations[name] : undefined;
  if (operation === undefined) {
    throw new AwsError('UnknownOperationException', `The embedded services do not have ${service}.${name}.`);
  }
  return operation;
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new AwsError('SerializationException', 'The request body is not JSON.');
  }
}

function writeJsonError({ code, message, status }: AwsError, type: string): Answer {
  return { status, type, body: JSON.stringify(message === '' ? { __type: code } : { __type: code, message }) };
}
