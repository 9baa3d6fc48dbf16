import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import middy from '@middy/core';
import { readKey } from 'openpgp';

/** What is measured against: all that a function could need in one file, clients made at once, nothing left for later. */
const dynamo = new DynamoDBClient({});
export const clients = { dynamo, sqs: new SQSClient({}), readKey };

export const handler = middy<object, object>().handler(async () => {
  const key = { pk: { S: 'policy:nothing' }, sk: { S: 'current' } };
  return dynamo.send(new GetItemCommand({ TableName: process.env.HEADLOCK_TABLE, Key: key }));
});
