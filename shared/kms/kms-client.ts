import { KMSClient } from '@aws-sdk/client-kms';
import { AWS_CLIENT_SETTINGS } from '../aws/client-settings.ts';

export function createKmsClient(): KMSClient {
  return new KMSClient(AWS_CLIENT_SETTINGS);
}
