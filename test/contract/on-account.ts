/** `npm run test:aws`: checks the contracts of the emulators against the account of the ambient credentials. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';

const PROJECT = join(import.meta.dirname, '..', '..');
const { HEADLOCK_CONTRACT_AWS } = process.env;

const WHAT_IT_DOES = `It makes a table, queues, topics and KMS keys named headlock-contract-…, sends them some thousand requests, and removes
them: a few cents. KMS keys are deleted after seven days, which costs nothing more. It takes about ten minutes.`;

process.exitCode = await run();

async function run(): Promise<number> {
  if (HEADLOCK_CONTRACT_AWS !== '1') {
    return refuse(`This works in the AWS account of your credentials. ${WHAT_IT_DOES}
Set HEADLOCK_CONTRACT_AWS=1 to go on.`);
  }
  const sts = new STSClient({ maxAttempts: 1 });
  try {
    const region = await sts.config.region();
    const { Account: account, Arn: arn } = await sts.send(new GetCallerIdentityCommand());
    console.log(`Account ${account}, region ${region}, as ${arn}. ${WHAT_IT_DOES}`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return refuse(`No AWS account can be used: ${reason} Set AWS_PROFILE or AWS_ACCESS_KEY_ID, and AWS_REGION.`);
  }
  const vitest = join(PROJECT, 'node_modules', 'vitest', 'vitest.mjs');
  const child = spawn(process.execPath, [vitest, 'run', 'test/contract'], { cwd: PROJECT, stdio: 'inherit' });
  const [status] = await once(child, 'exit');
  return status ?? 1;
}

function refuse(message: string): number {
  console.error(message);
  return 2;
}
