import { appendFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { applyPolicyFile } from '../operations/apply-policy-file.ts';
import { startHeadlock } from '../operations/start-headlock.ts';
import { type PublishedAlert, parseAlert } from '../output/describe-alert.ts';
import { PLAYGROUND } from '../playground/playground-policy.ts';
import { preparePlayground } from '../playground/prepare-playground.ts';
import { createSigner } from './create-signer.ts';
import { cloneDemoRepository } from './demo-repository.ts';
import type { DemoWorld } from './demo-world.ts';
import type { DemoAudience } from './play-demo.ts';

const PERSON = { name: 'Ada', email: 'ada@example.com' };

/**
 * Starts an instance with its playground, adds somebody who signs to its policy, as a newcomer would, and clones.
 * @param closers - gets what ends each part, in the order in which the parts were made
 */
export async function setUpDemo(
  folder: string,
  searchPath: string,
  audience: Pick<DemoAudience, 'onReady' | 'onCommand'>,
  closers: (() => Promise<void>)[],
): Promise<DemoWorld> {
  const headlock = await startHeadlock({ dataFolder: join(folder, 'data'), port: 0, searchPath });
  closers.push(headlock.stop);
  const { instance, installation } = headlock;
  const alerts: PublishedAlert[] = [];
  instance.onAlert(({ message }) => alerts.push(parseAlert(message)));

  const { cloneUrl, policyFile, token } = await preparePlayground(headlock, searchPath);
  const keysFolder = join(dirname(policyFile), 'keys');
  const signer = await createSigner({ folder: join(folder, 'keys'), keysFolder, searchPath, ...PERSON });
  closers.push(signer.close);
  await appendFile(policyFile, `      - name: ${PERSON.name}\n        ${signer.policyEntry}\n`);
  await applyPolicyFile(policyFile, installation);

  const repository = await cloneDemoRepository({
    folder: join(folder, 'ada'),
    cloneUrl,
    signer,
    searchPath,
    ...PERSON,
  });
  const url = `${instance.apiUrl}/v1/repositories/${PLAYGROUND}/trusted-revision?branch=main`;
  audience.onReady(signer, cloneUrl);
  return { repository, installation, alerts, api: { url, token: token ?? '' }, show: audience.onCommand };
}
