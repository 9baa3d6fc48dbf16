import { connectAccount } from './aws-account.ts';
import type { Cloud } from './cloud.ts';
import { startEmbedded } from './embedded-cloud.ts';

const { HEADLOCK_CONTRACT_AWS } = process.env;

/** Whether the contracts are checked against the account of the ambient credentials; this costs a little. */
export const ON_AWS = HEADLOCK_CONTRACT_AWS === '1';

export function connect(): Promise<Cloud> {
  return ON_AWS ? connectAccount() : startEmbedded();
}
