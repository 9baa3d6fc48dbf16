import type { BranchRef } from '../../shared/model/branch-ref.ts';
import { formatBranchRef } from '../../shared/model/branch-ref.ts';
import type { BranchState } from '../../shared/model/branch-state.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import { RESTART_WITHIN_MS } from '../../shared/model/time-limits.ts';
import { listKeyExpiries } from '../../shared/trust/list-key-expiries.ts';
import { nextState } from '../../shared/trust/next-state.ts';
import { createDecisionTally, type DecisionTally } from './decision-tally.ts';
import { deliverAnnouncements, deliverDue } from './deliver-due.ts';
import { findCompromise } from './find-compromise.ts';
import { keepAncestors } from './keep-ancestors.ts';
import { observeBranch } from './observe-branch.ts';
import type { VerifyPorts } from './ports.ts';

/**
 * Decides one branch anew: delivers what is due, looks at the forge, judges, and records in one conditional write. Idempotent:
 * whatever a crash leaves undone, the next run does. Returns when record and announcements are out (trust rule 5.5).
 * @param tally - counts what is done, also where the run fails after it
 * @throws HeadlockError `contended` (retryable) where others keep writing the branch.
 */
export async function verifyBranch(
  ref: BranchRef,
  ports: VerifyPorts,
  tally: DecisionTally = createDecisionTally(ref),
): Promise<void> {
  if (await untilDecided(() => decideOnce(ref, ports, tally), ports)) return;
  throw new HeadlockError(
    'contended',
    `${formatBranchRef(ref)} is written by others all the time; it is tried again.`,
    {
      kind: 'upstream',
      retryable: true,
    },
  );
}

const MAX_CONFLICTS = 5;

/**
 * Decides again where somebody else wrote first, as long as another whole decision fits into the time that the function has:
 * else the queue brings it back within seconds, and a run that is cut off would hold the branch for minutes.
 * @param decideOnce - whether it decided
 */
export async function untilDecided(
  decideOnce: () => Promise<boolean>,
  { now }: Pick<VerifyPorts, 'now'>,
): Promise<boolean> {
  const start = now().getTime();
  for (let attempt = 0; attempt < MAX_CONFLICTS; attempt += 1) {
    if (attempt > 0 && now().getTime() - start > RESTART_WITHIN_MS) return false;
    if (await decideOnce()) return true;
  }
  return false;
}

/** @returns false where somebody else wrote the branch first, so that everything has to be read again. */
async function decideOnce(ref: BranchRef, ports: VerifyPorts, tally: DecisionTally): Promise<boolean> {
  tally.begin();
  // Trust rule 5.1: the branch is read before the policy, so a policy that is applied in between fails the write below.
  const stored = await ports.branches.read(ref);
  if (stored === null) return true;
  const delivered = await deliverAnnouncements(stored, ports);
  if (delivered === null) return false;

  const applied = await ports.policies.readApplied(ref.repository);
  const branch = applied?.policy.branches.find(({ name }) => name === ref.branch);
  if (delivered.retired || applied === null || branch === undefined) return finish(delivered, ports);
  const state = await findCompromise(delivered, applied, ports);
  if (state === null) return false;

  const sighting = await observeBranch(state, applied, branch, ports, tally);
  if (sighting === null) {
    tally.settle(state, ports.now().toISOString());
    return finish(state, ports);
  }
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
  tally.conclude(state, written, applied.policy, ports.now().toISOString());
  await deliverDue(written, ports);
  if (next !== null && written.progress !== null) await ports.queue.send({ ref, delivery: `step:${written.version}` });
  // Last: nothing waits for it.
  if (sighting.fetched !== null) await keepAncestors(state, written, sighting.fetched, branch.mode, ports.ancestors);
  return true;
}

/** Nothing is to be decided; what is best effort may still be due (trust rule 5.5). */
async function finish(state: BranchState, ports: VerifyPorts): Promise<true> {
  await deliverDue(state, ports);
  return true;
}
