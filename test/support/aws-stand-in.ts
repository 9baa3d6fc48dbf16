import { buffer } from 'node:stream/consumers';
import { type LoopbackServer, startLoopbackServer } from '../../infra/local/loopback-server.ts';

/** What stands in for the parts of AWS that the embedded services do not have, as the command line asks them. */
export interface AwsAnswers {
  account: string;
  /** Of whoever asks; null where their credentials are refused as `refusal` says. */
  caller: string | null;
  refusal: string;
  /** By name; one with the status `denied` may not be described. */
  readonly stacks: Map<string, { status: string; reason?: string; outputs: Record<string, string> }>;
  readonly alarms: Readonly<Record<string, string | number>>[];
}

export interface AwsStandIn {
  readonly answers: AwsAnswers;
  /** Lets clients that are made afterwards find it. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** CloudFormation's DescribeStacks and DeleteStack, STS's GetCallerIdentity and CloudWatch's DescribeAlarms, on the wire as AWS speaks them. */
export async function startAwsStandIn(): Promise<AwsStandIn> {
  const answers: AwsAnswers = {
    account: '123456789012',
    caller: 'arn:aws:sts::123456789012:assumed-role/Operators/ana',
    refusal: 'InvalidClientTokenId',
    stacks: new Map(),
    alarms: [],
  };
  const server: LoopbackServer = await startLoopbackServer(0);
  server.serve = async (request, response) => {
    const body = (await buffer(request)).toString('utf8');
    if (request.headers['x-amz-target'] === 'GraniteServiceVersion20100801.DescribeAlarms') {
      const { AlarmNamePrefix: prefix = '' } = JSON.parse(body);
      const alarms = answers.alarms.filter(({ AlarmName }) => String(AlarmName).startsWith(prefix));
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
      return void response.end(JSON.stringify({ MetricAlarms: alarms, CompositeAlarms: [] }));
    }
    const form = new URLSearchParams(body);
    const { status, xml } = answerForm(form.get('Action') ?? '', form.get('StackName') ?? '', answers);
    response.writeHead(status, { 'content-type': 'text/xml' }).end(xml);
  };
  const { url } = server;
  const environment = {
    AWS_ENDPOINT_URL_CLOUDFORMATION: url,
    AWS_ENDPOINT_URL_STS: url,
    AWS_ENDPOINT_URL_CLOUDWATCH: url,
  };
  return { answers, environment, close: () => server.close() };
}

function answerForm(action: string, stack: string, answers: AwsAnswers) {
  if (action === 'GetCallerIdentity') return identify(answers);
  if (action === 'DescribeStacks') return describeStack(stack, answers);
  if (action !== 'DeleteStack') return fail(400, 'InvalidAction', action);
  answers.stacks.delete(stack);
  return succeed(action, '');
}

function identify({ account, caller, refusal }: AwsAnswers) {
  if (caller === null) return fail(403, refusal, 'The security token included in the request is refused');
  const fields = `<Arn>${caller}</Arn><UserId>AIDA</UserId><Account>${account}</Account>`;
  return succeed('GetCallerIdentity', fields);
}

function describeStack(name: string, { stacks, caller }: AwsAnswers) {
  const stack = stacks.get(name);
  if (stack === undefined) return fail(400, 'ValidationError', `Stack with id ${name} does not exist`);
  if (stack.status === 'denied') {
    const message = `User: ${caller} is not authorized to perform: cloudformation:DescribeStacks on resource: ${name}`;
    return fail(403, 'AccessDenied', message);
  }
  const outputs = Object.entries(stack.outputs).map(
    ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  );
  const reason = stack.reason === undefined ? '' : `<StackStatusReason>${stack.reason}</StackStatusReason>`;
  const member = `<StackName>${name}</StackName><StackStatus>${stack.status}</StackStatus>${reason}<CreationTime>2026-11-01T00:00:00Z</CreationTime><Outputs>${outputs.join('')}</Outputs>`;
  return succeed('DescribeStacks', `<Stacks><member>${member}</member></Stacks>`);
}

function succeed(action: string, content: string) {
  return { status: 200, xml: `<${action}Response><${action}Result>${content}</${action}Result></${action}Response>` };
}

function fail(status: number, code: string, message: string) {
  const error = `<Type>Sender</Type><Code>${code}</Code><Message>${message}</Message>`;
  return { status, xml: `<ErrorResponse><Error>${error}</Error><RequestId>1</RequestId></ErrorResponse>` };
}
