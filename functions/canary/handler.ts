import { Buffer } from 'node:buffer';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import { createHttpAgents } from '../../shared/git/http-agents.ts';
import { createHttpTransport } from '../../shared/git/http-transport.ts';
import { pushBranch } from '../../shared/git/receive-pack/push-branch.ts';
import { readPrivateKey } from '../../shared/git/ssh-private-key.ts';
import { createKmsClient } from '../../shared/kms/kms-client.ts';
import { createKmsSecretVault } from '../../shared/kms/kms-secret-vault.ts';
import { createLogger } from '../../shared/lambda/logger.ts';
import { readEnvironment } from '../../shared/lambda/read-environment.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import { parseRemoteUrl } from '../../shared/model/remote-url.ts';
import { USER_AGENT } from '../../shared/sources/user-agent.ts';
import { createDynamoBranchStore } from '../../shared/store/dynamo-branch-store.ts';
import { createDynamoClient } from '../../shared/store/dynamo-client.ts';
import { createDynamoPolicyStore } from '../../shared/store/dynamo-policy-store.ts';
import { createDynamoSecretStore } from '../../shared/store/dynamo-secret-store.ts';
import { flyCanary } from './fly-canary.ts';
import type { SigningKey } from './sign-payload.ts';

const environment = readEnvironment(process.env, [
  'HEADLOCK_TABLE',
  'HEADLOCK_CANARY_REPOSITORY',
  'HEADLOCK_CANARY_BRANCH',
  'HEADLOCK_CANARY_USERNAME',
  'HEADLOCK_CANARY_PASSWORD_SECRET',
  'HEADLOCK_CANARY_KEY_SECRET',
  'HEADLOCK_CANARY_PATIENCE_SECONDS',
]);
const log = createLogger();
const client = createDynamoClient();
const table = environment.HEADLOCK_TABLE;
const branches = createDynamoBranchStore(client, table);
const policies = createDynamoPolicyStore(client, table);
const vault = createKmsSecretVault(createKmsClient(), { secretStore: createDynamoSecretStore(client, table) });
const ref = { repository: environment.HEADLOCK_CANARY_REPOSITORY, branch: environment.HEADLOCK_CANARY_BRANCH };
const patienceMs = 1000 * Number(environment.HEADLOCK_CANARY_PATIENCE_SECONDS);

/** One push at a forge, which checks and stores three small objects. */
const PUSH_TIMEOUT_MS = 20_000;

/** Flies the canary once. What it finds wrong is thrown, so that the function's alarm goes off. */
export const handler = middy()
  .use(injectLambdaContext(log))
  .handler(async () => {
    const [applied, keyText, password] = await Promise.all([
      policies.readPolicy(ref.repository),
      openSecret(environment.HEADLOCK_CANARY_KEY_SECRET),
      openSecret(environment.HEADLOCK_CANARY_PASSWORD_SECRET),
    ]);
    if (applied === null)
      throw notReady(`No policy names the repository ${ref.repository}. Add it, and run \`headlock apply\`.`);
    const key = openKey(keyText);
    const { url, certificateAuthority } = applied.policy;
    const transport = createHttpTransport({
      url: parseRemoteUrl(url),
      credentials: { kind: 'basic', username: environment.HEADLOCK_CANARY_USERNAME, password },
      agents: createHttpAgents(certificateAuthority, process.env),
      userAgent: USER_AGENT,
      service: 'git-receive-pack',
    });
    const flight = await flyCanary(
      { ref, key, patienceMs },
      {
        branches,
        push: (push) => {
          const signal = AbortSignal.timeout(PUSH_TIMEOUT_MS);
          return pushBranch(push, { transport, userAgent: USER_AGENT, signal });
        },
        now: () => new Date(),
        sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
      },
    );
    log.info('The canary lives.', { ...ref, ...flight });
  });

function openKey(text: string): SigningKey {
  const key = readPrivateKey(text, null);
  if (key.type !== 'ssh-ed25519') throw notReady('The canary signs by an Ed25519 key alone: `ssh-keygen -t ed25519`.');
  return {
    publicKey: key.getPublicSSH(),
    sign(bytes) {
      const signature: unknown = key.sign(Buffer.from(bytes));
      if (signature instanceof Uint8Array) return signature;
      throw new Error('The canary key makes no signature.', { cause: signature });
    },
  };
}

async function openSecret(name: string): Promise<string> {
  const [value] = (await vault.open(name, 'canary')) ?? [];
  if (value !== undefined) return value;
  throw notReady(`The secret ${name} is missing: \`headlock secret set ${name} --purpose canary\`.`);
}

function notReady(message: string): HeadlockError<'canary_not_ready'> {
  return new HeadlockError('canary_not_ready', message, { kind: 'configuration' });
}
