import type { BranchState } from '../../shared/model/branch-state.ts';
import type { AppliedPolicy } from '../../shared/model/policy.ts';
import { createCompromiseCheck } from '../../shared/signatures/compromise-check.ts';
import { flagCompromise } from '../../shared/trust/flag-compromise.ts';
import { deliverAnnouncements } from './deliver-due.ts';
import type { VerifyPorts } from './ports.ts';

/**
 * Looks once, under each new policy, for a compromised key that the published revision rests on, and says so at once: before
 * the forge is asked, and whether or not it answers (trust rule 3.3).
 * @returns the branch as it is then, or null where somebody else wrote it meanwhile.
 */
export async function findCompromise(
  state: BranchState,
  { version, policy, signatories }: AppliedPolicy,
  ports: Pick<VerifyPorts, 'branches' | 'history' | 'alerts' | 'statuses' | 'now'>,
): Promise<BranchState | null> {
  if ((state.trusted === null && state.resumeAt === null) || state.policyVersion === version) return state;
  const isCompromised = createCompromiseCheck(signatories, policy.compromisedKeys);
  if (isCompromised === null) return state;
  // No announcement is due, so that every revision has its record.
  const records = await ports.history.listRevisions(state.ref);
  const flagged = flagCompromise(state, records, isCompromised, ports.now().toISOString());
  if (flagged === null) return state;
  const written = await ports.branches.write(flagged);
  return written && deliverAnnouncements(written, ports);
}
