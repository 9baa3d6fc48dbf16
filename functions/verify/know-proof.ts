import type { BranchState } from '../../shared/model/branch-state.ts';
import { parseOid } from '../../shared/model/oid.ts';
import { rebuildProof } from '../../shared/trust/next-proof.ts';
import type { RawCommits } from './fetch-range.ts';
import type { VerifyPorts } from './ports.ts';

/**
 * What a branch's revision rests on, from its records, for one that was published before statements were issued. Every revision
 * must have its record.
 */
export async function knowProof(state: BranchState, { history }: Pick<VerifyPorts, 'history'>): Promise<BranchState> {
  if (state.trusted === null || state.proof !== null) return state;
  return { ...state, proof: rebuildProof(state, await history.listRevisions(state.ref)) };
}

const TREE = /^tree ([0-9a-f]{40}|[0-9a-f]{64})\n/;

/** The next state with the tree of a revision that it publishes, as far as its bytes were fetched: they hash to its id. */
export function withTree(former: BranchState, next: BranchState, commits: RawCommits | undefined): BranchState {
  const { trusted, proof } = next;
  if (trusted === null || proof === null || trusted.oid === former.trusted?.oid) return next;
  const [, tree] = TREE.exec(Buffer.from(commits?.get(trusted.oid)?.subarray(0, 80) ?? []).toString('latin1')) ?? [];
  return tree === undefined ? next : { ...next, proof: { ...proof, tree: parseOid(tree) } };
}
