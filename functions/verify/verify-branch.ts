import type { BranchRef } from '../../shared/model/branch-ref.ts';
import { formatBranchRef } from '../../shared/model/branch-ref.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import { listKeyExpiries } from '../../shared/trust/list-key-expiries.ts';
import { nextState } from '../../shared/trust/next-state.ts';
import { deliverDue } from './deliver-due.ts';
import { findCompromise } from './find-compromise.ts';
import { keepAncestors } from './keep-ancestors.ts';
import { observeBranch } from './observe-branch.ts';
import type { VerifyPorts } from './ports.ts';

const MAX_CONFLICTS = 5;

/**
 * Decides one branch anew: delivers what is due, looks at the forge, judges, and records in one conditional write. Idempotent:
 * whatever a crash leaves undone, the next run does. Returns when record and announcements are out (trust rule 5.5).
 * @throws HeadlockError `contended` (retryable) where others keep writing the branch.
 */
export async function verifyBranch(ref: BranchRef, ports: VerifyPorts): Promise<void> {
  for (let attempt = 0; attempt < MAX_CONFLICTS; attempt += 1) {
    if (await decideOnce(ref, ports)) return;
  }
  throw new HeadlockError(
    'contended',
    `${formatBranchRef(ref)} is written by others all the time; it is tried again.`,
    {
      kind: 'upstream',
      retryable: true,
    },
  );
}

/** @returns false where somebody else wrote the branch first, so that everything has to be read again. */
async function decideOnce(ref: BranchRef, ports: VerifyPorts): Promise<boolean> {
  // Trust rule 5.1: the branch is read before the policy, so a policy that is applied in between fails the write below.
  const stored = await ports.branches.read(ref);
  if (stored === null) return true;
  const delivered = await deliverDue(stored, ports);
  if (delivered === null) return false;

  const applied = await ports.policies.readApplied(ref.repository);
  const branch = applied?.policy.branches.find(({ name }) => name === ref.branch);
  if (delivered.retired || applied === null || branch === undefined) return true;
  const state = await findCompromise(delivered, applied, ports);
  if (state === null) return false;

  const sighting = await observeBranch(state, applied, branch, ports);
  if (sighting === null) return true;
  const context = {
    policyVersion: applied.version,
    branch,
    now: ports.now().toISOString(),
    tellsForge: applied.policy.commitStatus !== null,
    keyExpiries: applied.policy.branches[0] === branch ? listKeyExpiries(applied) : null,
    lagSeconds: ports.lagSeconds,
  };
  const next = nextState(state, sighting.observation, context);
  const written = next === null ? state : await ports.branches.write(next);
  if (written === null) return false;
  await deliverDue(written, ports);
  if (next !== null && written.progress !== null) await ports.queue.send({ ref, delivery: `step:${written.version}` });
  // Last: nothing waits for it.
  if (sighting.fetched !== null) await keepAncestors(state, written, sighting.fetched, branch.mode, ports.ancestors);
  return true;
}
