import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Publication } from '../../functions/trusted-revision/publication.ts';
import { parseOid } from '../../shared/model/oid.ts';
import { applyPolicyFile } from '../operations/apply-policy-file.ts';
import { startHeadlock } from '../operations/start-headlock.ts';
import { type PublishedAlert, parseAlert } from '../output/describe-alert.ts';
import { PLAYGROUND } from '../playground/playground-policy.ts';
import { preparePlayground } from '../playground/prepare-playground.ts';
import { createSigner, type Signer } from './create-signer.ts';
import { cloneDemoRepository } from './demo-repository.ts';
import { DemoFailure, type DemoWorld, expectPublished } from './demo-world.ts';
import { type DemoStep, STEPS, type StepOutcome } from './steps.ts';

/** Who looks on. */
export interface DemoAudience {
  onReady(signer: Signer, cloneUrl: string): void;
  onStep(step: DemoStep, number: number): void;
  onCommand(command: string): void;
  onOutcome(played: PlayedStep): void;
}

export interface PlayedStep {
  readonly step: DemoStep;
  readonly outcome: StepOutcome;
}

const NAME = 'Ada';
const EMAIL = 'ada@example.com';

/**
 * Plays every step on an instance of its own, with real git, real signatures and real webhooks. Leaves nothing behind.
 * @param interrupted - rejects where it is to end early
 * @throws DemoFailure, HeadlockError
 */
export async function playDemo(
  searchPath: string,
  audience: DemoAudience,
  interrupted: Promise<never>,
): Promise<readonly PlayedStep[]> {
  const folder = await mkdtemp(join(tmpdir(), 'hl-demo-'));
  const closers: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true, maxRetries: 5 })];
  try {
    return await Promise.race([play(folder, searchPath, audience, closers), interrupted]);
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}

async function play(
  folder: string,
  searchPath: string,
  audience: DemoAudience,
  closers: (() => Promise<void>)[],
): Promise<readonly PlayedStep[]> {
  const headlock = await startHeadlock({ dataFolder: join(folder, 'data'), port: 0, searchPath });
  closers.push(headlock.stop);
  const { instance, installation } = headlock;
  const alerts: PublishedAlert[] = [];
  instance.onAlert(({ message }) => alerts.push(parseAlert(message)));

  const { cloneUrl, policyFile, token } = await preparePlayground(headlock, searchPath);
  const keysFolder = join(dirname(policyFile), 'keys');
  const person = { name: NAME, email: EMAIL, searchPath };
  const signer = await createSigner({ folder: join(folder, 'keys'), keysFolder, ...person });
  closers.push(signer.close);
  await appendFile(policyFile, `      - name: ${NAME}\n        ${signer.policyEntry}\n`);
  await applyPolicyFile(policyFile, installation);

  const repository = await cloneDemoRepository({ folder: join(folder, 'ada'), cloneUrl, signer, ...person });
  const api = {
    url: `${instance.apiUrl}/v1/repositories/${PLAYGROUND}/trusted-revision?branch=main`,
    token: token ?? '',
  };
  const world: DemoWorld = { repository, installation, api, alerts, show: audience.onCommand };
  audience.onReady(signer, cloneUrl);
  return playSteps(world, await readStart(world), audience);
}

/** The anchor is published first, with sequence 1 (trust rule 5.7). */
async function readStart(world: DemoWorld): Promise<Publication> {
  const anchor = parseOid(await world.repository.git('rev-parse', 'HEAD'));
  const expected = { state: 'Trusted', revision: anchor, sequence: 1, tip: anchor, lockedBy: null } as const;
  return (await expectPublished(world, async () => {}, expected)).publication;
}

async function playSteps(world: DemoWorld, start: Publication, audience: DemoAudience): Promise<readonly PlayedStep[]> {
  const played: PlayedStep[] = [];
  let before = start;
  for (const [index, step] of STEPS.entries()) {
    audience.onStep(step, index + 1);
    const outcome = await step.play(world, before).catch((cause: unknown) => {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new DemoFailure(`Step ${index + 1} (${step.title}) did not come out as it must: ${reason}.`, { cause });
    });
    audience.onOutcome({ step, outcome });
    played.push({ step, outcome });
    before = outcome.publication;
  }
  return played;
}
