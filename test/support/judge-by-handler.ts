import type { VerifyPorts } from '../../functions/verify/ports.ts';
import { verifyBranch } from '../../functions/verify/verify-branch.ts';
import type { BranchState } from '../../shared/model/branch-state.ts';
import type { Mode } from '../../shared/model/policy.ts';
import { applyToBranch, createBranchState } from '../../shared/trust/apply-policy.ts';
import { type AttackVector, nameIn, oidIn } from './attack-vectors.ts';
import { createMemoryStores } from './memory-stores.ts';
import { formatOutcome } from './vector-outcome.ts';
import { readVectorTerms, VECTOR_REPOSITORY, type VectorTerms } from './vector-policy.ts';
import { createVectorServer } from './vector-server.ts';

const HOUR_MS = 3_600_000;
const OPERATOR = 'local operator ana';

/** The verify handler's use case: the anchor is published first, then each earlier step is decided, then the vector's own. */
export async function judgeByHandler(
  vector: AttackVector,
  mode: Mode,
  terms: VectorTerms,
  folder: string,
): Promise<string> {
  const ref = { repository: VECTOR_REPOSITORY, branch: vector.branch };
  const server = createVectorServer(vector);
  const { forge } = server;
  const stores = createMemoryStores(ref, () => {});
  const first = Math.min(...[vector.at, ...vector.earlier.map(({ at }) => new Date(at))].map(Number));
  let time = first - HOUR_MS;
  let interfere: (() => Promise<void>) | null = null;
  let conflicts = 0;

  const apply = async ({ policy, signatories, branch }: VectorTerms): Promise<void> => {
    const policyVersion = stores.applied.length + 1;
    const branches = policy.branches.map((each) => (each.name === branch.name ? branch : each));
    stores.applied.push({ version: policyVersion, policy: { ...policy, branches }, signatories });
    const change = { policyVersion, actor: OPERATOR, now: new Date(time).toISOString(), url: null, exceptions: {} };
    const state = await stores.branches.read(ref);
    const next = state === null ? createBranchState(ref, branch, change) : applyToBranch(state, branch, change);
    if ((await stores.branches.write(next)) === null) throw new Error('The policy was not applied.');
  };
  const write: typeof stores.branches.write = async (state) => {
    const act = interfere;
    interfere = null;
    await act?.();
    const written = await stores.branches.write(state);
    if (written === null) conflicts += 1;
    return written;
  };
  const ports: VerifyPorts = {
    ...stores,
    branches: { ...stores.branches, write },
    openSources: async (_, limits) => [server.source(limits)],
    now: () => new Date(time),
    lagSeconds: 120,
    verdictsPerStep: 3,
  };
  const run = async (tip: string | null): Promise<BranchState> => {
    if (tip === null) forge.branches.delete(vector.branch);
    else forge.branches.set(vector.branch, oidIn(vector, tip));
    let state: BranchState | null;
    do {
      await verifyBranch(ref, ports);
      state = await stores.branches.read(ref);
      if (state === null) throw new Error('The branch has no state.');
      // Trust rule 4.7: a long range is worked in steps.
    } while (state.progress !== null);
    if (state.due.length > 0) throw new Error('The run left something undelivered.');
    return state;
  };

  await apply(terms);
  let state = await run(vector.anchor);
  for (const step of vector.earlier) {
    time = Date.parse(step.at);
    const { policy = vector.policy } = step;
    await apply(
      policy === 'nobody' ? { ...terms, signatories: [] } : await readVectorTerms(folder, vector, mode, policy),
    );
    state = await run(step.tip);
  }
  if (state.trusted?.oid !== oidIn(vector, vector.trusted)) throw new Error('The steps before led elsewhere.');
  time = vector.at.getTime();
  if (vector.earlier.length > 0) await apply(terms);
  const { meanwhile } = vector;
  if (meanwhile !== null) {
    const changed = await readVectorTerms(folder, vector, mode, meanwhile);
    // Once the announcements of before are out: the write of the decision itself.
    interfere = () => apply(changed);
  }
  state = await run(vector.tip);
  if (state.lagging !== null) {
    // Trust rule 4.4: a tip behind what is trusted is read a second time.
    time += HOUR_MS;
    state = await run(vector.tip);
  }
  if (meanwhile !== null && conflicts !== 1) throw new Error(`${conflicts} writes were refused in place of one.`);
  return formatState(vector, state);
}

function formatState(vector: AttackVector, state: BranchState): string {
  const { trusted, lock, compromise, unreachable, observedTip, enforcement } = state;
  if (unreachable !== null) return 'unreachable';
  if (trusted === null) return 'nothing is published';
  const outcome =
    compromise === null ? formatOutcome(vector, trusted.oid, lock) : `compromised at ${nameIn(vector, trusted.oid)}`;
  if (enforcement !== 'report') return outcome;
  return `${outcome}, observed ${nameIn(vector, observedTip?.revision ?? null)}`;
}
