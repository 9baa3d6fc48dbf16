import type { SignatoryText } from '../../support/attack-vectors.ts';
import { createSshKey, type SshKeyPair, signWithSsh } from '../../support/signing.ts';
import type { Area, Draft, History, NewVector } from './workshop.ts';

export type Person = 'alice' | 'bob' | 'mallory';

/** A commit's parents, first parent first, and whatever else is not usual of it. Unsigned where `by` is null. */
export interface Step extends Omit<Draft, 'parents'> {
  readonly of: readonly string[];
  /** Alice where it is not given. */
  readonly by?: Person | null;
}

/** People with SSH keys, who make histories by ssh-keygen. */
export interface Signers {
  readonly keys: Readonly<Record<Person, SshKeyPair>>;
  /** Alice and Bob. Nobody knows Mallory. */
  readonly signatories: readonly SignatoryText[];
  build(area: Area, steps: Steps): Promise<History>;
  cleanup(): Promise<void>;
}

export type Steps = Readonly<Record<string, Step>>;

/** Records what is to be decided of a history, under a policy of all signatories unless the vector has its own. */
export type Judge = (
  name: string,
  rule: string | readonly string[],
  steps: Steps,
  more: Partial<NewVector> & Pick<NewVector, 'expect'>,
) => Promise<void>;

export function createJudge(area: Area, { build, signatories }: Signers): Judge {
  return async (name, rule, steps, more) => {
    area.record(await build(area, steps), { name, rule, made: 'ssh-keygen.', policy: { signatories }, ...more });
  };
}

export async function createSigners(): Promise<Signers> {
  const [alice, bob, mallory] = await Promise.all([createSshKey(), createSshKey(), createSshKey()]);
  const keys = { alice, bob, mallory };
  return {
    keys,
    signatories: [
      { name: 'Alice', ssh: alice.publicKey },
      { name: 'Bob', ssh: bob.publicKey },
    ],
    build: async (area, steps) => {
      const history = await area.history();
      for (const [name, { of, by = 'alice', ...draft }] of Object.entries(steps)) {
        const sign = by === null ? undefined : (payload: Buffer) => signWithSsh(keys[by], payload);
        await history.commit(name, { ...draft, parents: of }, sign);
      }
      return history;
    },
    cleanup: async () => {
      await Promise.all(Object.values(keys).map((key) => key.cleanup()));
    },
  };
}
