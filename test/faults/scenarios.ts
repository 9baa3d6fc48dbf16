import { createToken } from '../../cli/operations/create-token.ts';
import { parseSshPublicKey } from '../../shared/signatures/ssh/parse-public-key.ts';
import { createBranchPolicy } from '../support/policies.ts';
import type { FaultsCase } from './faults-case.ts';

export interface Scenario {
  readonly name: string;
  /** Without faults. */
  prepare(world: FaultsCase): Promise<void>;
  /** Where each call goes wrong once. */
  act(world: FaultsCase): Promise<void>;
}

async function connect(world: FaultsCase): Promise<void> {
  world.show('first');
  await world.apply();
  await world.drain();
}

async function push(world: FaultsCase, state: Parameters<FaultsCase['show']>[0]): Promise<void> {
  world.show(state);
  await world.tell();
  await world.drain();
}

const TAGS = [{ pattern: 'v*', verify: 'tag', keyTime: 'first-seen' }] as const;

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'a policy is applied, and its branch connected',
    prepare: async () => {},
    act: connect,
  },
  {
    name: 'a push advances the branch',
    prepare: connect,
    act: (world) => push(world, 'second'),
  },
  {
    name: 'an unsigned push locks the branch',
    prepare: connect,
    act: (world) => push(world, 'unsigned'),
  },
  {
    name: 'a push mends a locked branch',
    prepare: async (world) => {
      await connect(world);
      await push(world, 'unsigned');
    },
    act: (world) => push(world, 'side'),
  },
  {
    name: 'a push rewrites the branch',
    prepare: async (world) => {
      await connect(world);
      await push(world, 'second');
    },
    act: (world) => push(world, 'rewritten'),
  },
  {
    name: 'a merge of an old branch needs the ancestor index, which is made',
    prepare: async (world) => {
      await connect(world);
      await push(world, 'second');
    },
    act: (world) => push(world, 'side'),
  },
  {
    name: 'another one reads the index, and extends it',
    prepare: async (world) => {
      await connect(world);
      for (const state of ['second', 'side'] as const) await push(world, state);
    },
    act: (world) => push(world, 'second side'),
  },
  {
    name: 'an operator re-anchors a locked branch',
    prepare: async (world) => {
      await connect(world);
      await push(world, 'unsigned');
    },
    async act(world) {
      const { operator, injector } = world.world;
      const { sequence = 0 } = (await injector.unwatched(() => operator.branches.read(world.ref))) ?? {};
      await world.unlock(world.world.git.commits.unsigned, sequence);
      await world.drain();
    },
  },
  {
    name: 'a policy with another branch and guarded tags is applied',
    prepare: async (world) => {
      world.show('tagged');
      await world.apply();
      await world.drain();
    },
    async act(world) {
      const other = createBranchPolicy({ name: 'other', anchor: world.world.git.commits.first });
      await world.apply({ branches: [...world.policy().branches, other], tags: TAGS });
      await world.drain();
    },
  },
  {
    name: 'a tag is moved',
    prepare: async (world) => {
      world.show('tagged');
      await world.apply({ tags: TAGS });
      await world.drain();
    },
    async act(world) {
      world.show('tag moved');
      await world.tell('refs/tags/v1');
      await world.drain();
    },
  },
  {
    name: 'a key is compromised',
    prepare: async (world) => {
      await connect(world);
      await push(world, 'second');
    },
    async act(world) {
      const { fingerprint } = parseSshPublicKey(world.world.git.key.publicKey);
      await world.apply({ compromisedKeys: [fingerprint] });
      await world.drain();
    },
  },
  {
    name: 'the sweep finds a push that nobody told',
    prepare: connect,
    async act(world) {
      world.show('second');
      await world.sweepAll();
    },
  },
  {
    name: 'an agent polls',
    prepare: async (world) => {
      await connect(world);
      await push(world, 'second');
    },
    async act(world) {
      const { operator, git, injector } = world.world;
      const token = { name: `${world.name}-agent`, repositories: [world.name], days: null, now: new Date() };
      const { text } = await injector.unwatched(() => createToken(token, operator));
      for (const _ of ['first', 'again']) {
        const { status, body } = await world.poll(text);
        if (status >= 500) continue;
        const revision = (body as { revision?: unknown } | null)?.revision;
        if (status !== 200 || revision !== git.commits.second)
          throw new Error(`The agent reads ${status}, ${revision}.`);
        return;
      }
      throw new Error('The agent reads nothing.');
    },
  },
];
