import { SNSClient } from '@aws-sdk/client-sns';
import { AWS_CLIENT_SETTINGS } from '../aws/client-settings.ts';

export function createSnsClient(): SNSClient {
  return new SNSClient(AWS_CLIENT_SETTINGS);
}
