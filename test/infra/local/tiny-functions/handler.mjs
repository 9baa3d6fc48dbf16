import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';

const { QUEUE_URL, TABLE, TOPIC_ARN } = process.env;

function queue(group, id, body) {
  const message = { QueueUrl: QUEUE_URL, MessageGroupId: group, MessageDeduplicationId: id, MessageBody: body };
  return new SQSClient({}).send(new SendMessageCommand(message));
}

/** Shows its environment, or queues what it is sent. */
export async function api(event) {
  if (event.routeKey === 'GET /environment') return { statusCode: 200, body: JSON.stringify(process.env) };
  await queue(event.pathParameters.source, event.headers['x-github-delivery'], event.body);
  return { statusCode: 202, body: event.headers['x-hub-signature-256'] ?? '' };
}

/** Records and announces what it finds in the queue. What is to hang does so for ever, the first time. */
export async function work({ Records: [{ messageId, body, attributes }] }) {
  if (body.includes('poison')) return { batchItemFailures: [{ itemIdentifier: messageId }] };
  const record = (text) => {
    const item = { pk: { S: attributes.MessageGroupId }, sk: { S: messageId }, body: { S: text } };
    return new DynamoDBClient({}).send(new PutItemCommand({ TableName: TABLE, Item: item }));
  };
  if (body.includes('hang') && attributes.ApproximateReceiveCount === '1') {
    await record('hanging');
    await new Promise(() => setInterval(() => {}, 1000));
  }
  const [, held, asked] = /^ask\|(.+)\|(.+)$/.exec(body) ?? [];
  if (asked !== undefined) {
    await record('asking');
    await fetch(held);
    await record(await fetch(asked).then(...['served', 'refused'].map((text) => () => text)));
    return;
  }
  await record(body);
  await new SNSClient({}).send(new PublishCommand({ TopicArn: TOPIC_ARN, Message: body }));
}

/** Queues the event of its schedule. */
export async function tick(event) {
  await queue('tick', event.id, JSON.stringify(event));
}
