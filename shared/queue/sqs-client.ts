import { SQSClient } from '@aws-sdk/client-sqs';
import { AWS_CLIENT_SETTINGS } from '../aws/client-settings.ts';

export function createSqsClient(): SQSClient {
  return new SQSClient(AWS_CLIENT_SETTINGS);
}
