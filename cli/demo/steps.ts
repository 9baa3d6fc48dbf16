import type { Publication } from '../../functions/trusted-revision/response-schemas.ts';
import { parseOid } from '../../shared/model/oid.ts';
import { createSourceOpener } from '../../shared/sources/open-sources.ts';
import { nameOperator } from '../operations/name-operator.ts';
import { unlockBranch } from '../operations/unlock-branch.ts';
import type { PublishedAlert } from '../output/describe-alert.ts';
import { PLAYGROUND } from '../playground/playground-policy.ts';
import { type DemoWorld, type Expected, expectAlert, expectPublished, type Published } from './demo-world.ts';

export interface StepOutcome extends Published {
  /** What people were told. */
  readonly alert: PublishedAlert;
}

export interface DemoStep {
  readonly title: string;
  /** From what on the time until publication is taken. */
  readonly from: 'push' | 'unlock';
  /** @param before - what is published when the step starts. @throws DemoFailure */
  play(world: DemoWorld, before: Publication): Promise<StepOutcome>;
}

const REF = { repository: PLAYGROUND, branch: 'main' };

/** What Headlock is for, one step after the other on one branch. */
export const STEPS: readonly DemoStep[] = [
  {
    title: 'A signed push is trusted',
    from: 'push',
    async play(world, before) {
      await commit(world, '-S', 'Greet the world');
      return push(world, ['main'], await advanced(world, before));
    },
  },
  {
    title: 'The ordinary merge of a signed feature branch is trusted',
    from: 'push',
    async play(world, before) {
      const { repository, show } = world;
      show('git switch -c feature main~1');
      await repository.git('switch', '--quiet', '-c', 'feature', 'main~1');
      await commit(world, '-S', 'Add a feature');
      show('git switch main && git merge -S --no-ff feature');
      await repository.git('switch', '--quiet', 'main');
      await repository.git('merge', '--quiet', '-S', '--no-ff', '--no-edit', 'feature');
      return push(world, ['main'], await advanced(world, before));
    },
  },
  {
    title: 'An unsigned push locks the branch where it was',
    from: 'push',
    async play(world, before) {
      await commit(world, '--no-gpg-sign', 'Slip something in');
      return push(world, ['main'], await held(world, before, 'unsigned'));
    },
  },
  {
    title: 'The unsigned commit is replaced by a signed one: the branch unlocks by itself',
    from: 'push',
    async play(world, before) {
      const { repository, show } = world;
      show('git commit --amend -S --no-edit --allow-empty');
      await repository.git('commit', '--quiet', '--amend', '-S', '--no-edit', '--allow-empty');
      return push(world, ['--force', 'main'], await advanced(world, before), 'unlocked');
    },
  },
  {
    title: 'A force-push of an unrelated history locks, though it is signed',
    from: 'push',
    async play(world, before) {
      world.show('git switch --orphan other');
      await world.repository.git('switch', '--quiet', '--orphan', 'other');
      await commit(world, '-S', 'Start all over');
      return push(world, ['--force', 'other:main'], await held(world, before, 'history_rewritten'));
    },
  },
  {
    title: 'An operator accepts the new history',
    from: 'unlock',
    async play(world, before) {
      const to = parseOid(before.tip?.revision ?? '');
      const reason = 'We start over on purpose';
      const { sequence } = before;
      world.show(`headlock unlock ${PLAYGROUND} main --sequence ${sequence} --to ${to} --reason "${reason}"`);
      const request = { ref: REF, sequence, overCompromise: false, to, reason, actor: nameOperator(), now: new Date() };
      const act = () =>
        unlockBranch(request, { ...world.installation, openSources: createSourceOpener(world.installation.vault, {}) });
      return conclude(world, act, await advanced(world, before), 'reanchored');
    },
  },
];

async function commit(
  { repository, show }: DemoWorld,
  signing: '-S' | '--no-gpg-sign',
  message: string,
): Promise<void> {
  show(`git commit ${signing} --allow-empty -m "${message}"`);
  await repository.git('commit', '--quiet', signing, '--allow-empty', '-m', message);
}

/** The branch moves on to what is checked out. */
async function advanced({ repository }: DemoWorld, { sequence }: Publication): Promise<Expected> {
  const tip = await repository.head();
  return { state: 'Trusted', revision: tip, sequence: sequence + 1, tip, lockedBy: null };
}

/** The branch stays at what was trusted before. */
async function held({ repository }: DemoWorld, { revision, sequence }: Publication, reason: string): Promise<Expected> {
  const tip = await repository.head();
  return { state: 'Locked', revision, sequence, tip, lockedBy: { reason, commit: tip } };
}

/** @param args - what stands before and after `origin`: options, then the branch */
function push(
  world: DemoWorld,
  args: readonly [branch: string] | readonly [option: string, branch: string],
  expected: Expected,
  event = expected.state === 'Locked' ? 'locked' : 'advanced',
): Promise<StepOutcome> {
  const command = ['push', ...args.slice(0, -1), 'origin', ...args.slice(-1)];
  world.show(`git ${command.join(' ')}`);
  return conclude(world, () => world.repository.git(...command, '--quiet'), expected, event);
}

async function conclude(
  world: DemoWorld,
  act: () => Promise<unknown>,
  expected: Expected,
  event: string,
): Promise<StepOutcome> {
  const seen = world.alerts.length;
  const published = await expectPublished(world, act, expected);
  return { ...published, alert: await expectAlert(world, event, seen) };
}
