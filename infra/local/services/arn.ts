/** Where the embedded services say they are. */
export const REGION = 'eu-central-1';
export const ACCOUNT_ID = '000000000000';

export function createArn(service: string, resource: string): string {
  return `arn:aws:${service}:${REGION}:${ACCOUNT_ID}:${resource}`;
}
