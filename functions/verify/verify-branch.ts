import type { BranchRef } from '../../shared/model/branch-ref.ts';
import { formatBranchRef } from '../../shared/model/branch-ref.ts';
import type { BranchState } from '../../shared/model/branch-state.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import type { AppliedPolicy } from '../../shared/model/policy.ts';
import { RESTART_WITHIN_MS } from '../../shared/model/time-limits.ts';
import { callForStatement } from '../../shared/statements/call-for-statement.ts';
import { listKeyExpiries } from '../../shared/trust/list-key-expiries.ts';
import { nextState } from '../../shared/trust/next-state.ts';
import { createDecisionTally, type DecisionTally } from './decision-tally.ts';
import { deliverAnnouncements, deliverDue } from './deliver-due.ts';
import { findCompromise } from './find-compromise.ts';
import { keepAncestors } from './keep-ancestors.ts';
import { knowProof, withTree } from './know-proof.ts';
import type { VerifyPorts } from './ports.ts';
import { deliverAndSign, type SigningFault } from './sign-statement.ts';

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

  // What looks and judges is most of the code: at a cold start it is loaded while the policy is on its way.
  const [applied, { observeBranch }] = await Promise.all([
    ports.policies.readApplied(ref.repository),
    import('./observe-branch.ts'),
  ]);
  const branch = applied?.policy.branches.find(({ name }) => name === ref.branch);
  if (delivered.retired || applied === null || branch === undefined) return finish(delivered, ports);
  const flagged = await findCompromise(delivered, applied, ports);
  if (flagged === null) return false;
  const state = await knowProof(flagged, ports);

  const sighting = await observeBranch(state, applied, branch, ports, tally);
  if (sighting === null) {
    tally.settle(state, ports.now().toISOString());
    return renewStatement(state, applied, ports);
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
  const found = next === null ? state : withTree(state, next, sighting.fetched?.commits);
  const written = await writeWithStatement(state, found, applied, ports);
  if (written === null) return false;
  tally.conclude(state, written, applied.policy, ports.now().toISOString());
  const fault = await deliverAndSign(written, ports);
  if (next !== null && written.progress !== null) await ports.queue.send({ ref, delivery: `step:${written.version}` });
  // Last: nothing waits for it.
  if (sighting.fetched !== null) await keepAncestors(state, written, sighting.fetched, branch.mode, ports.ancestors);
  return endWith(fault);
}

/** Nothing is to be decided; the statement may be half of its life old, or never have been signed (trust rule 6.2). */
async function renewStatement(state: BranchState, applied: AppliedPolicy, ports: VerifyPorts): Promise<boolean> {
  const written = await writeWithStatement(state, state, applied, ports);
  return written !== null && endWith(await deliverAndSign(written, ports));
}

/** Records what was found together with the terms of the statement that it calls for, in one write (trust rules 5.1, 6.1). */
async function writeWithStatement(
  state: BranchState,
  found: BranchState,
  applied: AppliedPolicy,
  { branches, statementSeconds: lifeSeconds, now }: VerifyPorts,
): Promise<BranchState | null> {
  const next = callForStatement(found, applied, { now: now().toISOString(), lifeSeconds });
  return next === state ? state : branches.write(next);
}

/** A statement that could not be signed is tried again by the queue, and then by the sweep: all else was done. */
function endWith(fault: SigningFault): true {
  if (fault !== null) throw fault.cause;
  return true;
}

/** Nothing is to be decided; what is best effort may still be due (trust rule 5.5). */
async function finish(state: BranchState, ports: VerifyPorts): Promise<true> {
  await deliverDue(state, ports);
  return true;
}
