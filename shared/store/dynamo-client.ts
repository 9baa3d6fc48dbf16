import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { AWS_CLIENT_SETTINGS } from '../aws/client-settings.ts';

export function createDynamoClient(): DynamoDBClient {
  return new DynamoDBClient(AWS_CLIENT_SETTINGS);
}
