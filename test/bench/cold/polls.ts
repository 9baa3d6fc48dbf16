import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Services } from '../../../infra/local/services/start-services.ts';
import { createDynamoBranchStore } from '../../../shared/store/dynamo-branch-store.ts';
import { createDynamoClient } from '../../../shared/store/dynamo-client.ts';
import { createDynamoTokenStore } from '../../../shared/store/dynamo-token-store.ts';
import { createTokenText, hashTokenText } from '../../../shared/store/token-text.ts';
import { createLockedBranchState } from '../../support/branch-states.ts';
import { createEnvironment } from './environment.ts';

const REF = { repository: 'payments', branch: 'main' };

/** Milliseconds of the clock, and of the function's own processor time. */
export interface PollTime {
  readonly wall: number;
  readonly cpu: number;
}

/**
 * What one poll of a warm trusted-revision takes that finds nothing new, and what the naive function takes, which makes the
 * same read and does nothing else.
 */
export async function measurePolls(
  files: { readonly ours: string; readonly naive: string },
  table: string,
  services: Services,
): Promise<{ readonly ours: PollTime; readonly naive: PollTime }> {
  const environment = createEnvironment('trusted-revision', table, services);
  Object.assign(process.env, environment);
  const client = createDynamoClient();
  await createDynamoBranchStore(client, table).write(createLockedBranchState({ ref: REF }));
  const token = createTokenText();
  await createDynamoTokenStore(client, table).create({
    ...{ sha256: hashTokenText(token), name: 'bench', repositories: [REF.repository] },
    ...{ created: new Date().toISOString(), expires: null, revoked: null },
  });
  const event = {
    version: '2.0',
    routeKey: 'GET /v1/repositories/{repository}/trusted-revision',
    headers: { authorization: `Bearer ${token}` },
    pathParameters: { repository: REF.repository },
    queryStringParameters: { branch: REF.branch },
    requestContext: { requestId: 'warm' },
    isBase64Encoded: false,
  };
  const script = join(import.meta.dirname, 'run-warm.mjs');
  const poll = async (file: string): Promise<PollTime> => {
    const args = [script, file, JSON.stringify(event)];
    const { stdout } = await promisify(execFile)(process.execPath, args, { env: environment });
    return JSON.parse(stdout);
  };
  client.destroy();
  return { ours: await poll(files.ours), naive: await poll(files.naive) };
}
