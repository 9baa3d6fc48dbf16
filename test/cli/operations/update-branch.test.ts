import { expect, it } from 'vitest';
import { updateBranch } from '../../../cli/operations/update-branch.ts';

interface State {
  readonly version: number;
  readonly acts: readonly string[];
}

/** A store whose first write is done, though its answer is lost and the SDK's second try finds it. */
function createStore(meanwhile: (state: State) => State) {
  let stored: State = { version: 1, acts: [] };
  let isLost = true;
  return {
    read: async () => stored,
    write: async (state: State) => {
      if (state.version !== stored.version) return null;
      stored = { ...state, version: state.version + 1 };
      if (!isLost) return stored;
      isLost = false;
      stored = meanwhile(stored);
      return null;
    },
  };
}

const REF = { repository: 'shop', branch: 'main' };
const act = (state: State | null): State => ({ version: state?.version ?? 0, acts: [...(state?.acts ?? []), 'apply'] });

it('acts once where the answer to its write was lost (rule 5.4)', async () => {
  const store = createStore((state) => state);
  expect(await updateBranch(REF, store, act)).toEqual({ version: 2, acts: ['apply'] });
});

it('acts on what somebody else wrote first (rule 5.1)', async () => {
  const store = createStore(({ version }) => ({ version, acts: ['decision'] }));
  expect(await updateBranch(REF, store, act)).toEqual({ version: 3, acts: ['decision', 'apply'] });
});
