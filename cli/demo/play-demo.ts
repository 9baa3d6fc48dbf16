import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Publication } from '../../functions/trusted-revision/response-schemas.ts';
import type { Signer } from './create-signer.ts';
import { DemoFailure, type DemoWorld, expectPublished } from './demo-world.ts';
import { setUpDemo } from './set-up-demo.ts';
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
  const closers = [() => rm(folder, { recursive: true, force: true, maxRetries: 5 })];
  try {
    const world = await setUpDemo(folder, searchPath, audience, closers);
    return await Promise.race([playSteps(world, audience), interrupted]);
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}

async function playSteps(world: DemoWorld, audience: DemoAudience): Promise<readonly PlayedStep[]> {
  const played: PlayedStep[] = [];
  let before = await readStart(world);
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

/** The anchor is published first, with sequence 1 (trust rule 5.7). */
async function readStart(world: DemoWorld): Promise<Publication> {
  const anchor = await world.repository.head();
  const expected = { state: 'Trusted', revision: anchor, sequence: 1, tip: anchor, lockedBy: null } as const;
  return (await expectPublished(world, async () => {}, expected)).publication;
}
