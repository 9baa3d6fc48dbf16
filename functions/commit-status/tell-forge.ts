import { putOff, type StatusCall, type StatusOutcome, sendCommitStatus } from '../../shared/forges/commit-status.ts';
import type { SourceUnreachable } from '../../shared/git/commit-source.ts';
import type { HttpAgents } from '../../shared/git/http-agents.ts';
import type { UnreachableCause } from '../../shared/model/branch-state.ts';
import type { StatusHint } from '../../shared/queue/status-queue.ts';
import type { BranchStore } from '../../shared/store/branch-store.ts';
import type { PolicyStore } from '../../shared/store/policy-store.ts';
import { listStatuses } from '../../shared/trust/list-statuses.ts';
import { openTokens, type TokenPorts } from './open-tokens.ts';

export interface TellForgePorts extends TokenPorts {
  /** By what the forge is called. @param certificateAuthority - as the policy names it */
  readonly openAgents: (certificateAuthority: string | null) => HttpAgents;
  readonly userAgent: string;
  /** Of one request. */
  readonly timeoutMs: number;
  readonly branches: Pick<BranchStore, 'read'>;
  readonly policies: Pick<PolicyStore, 'readPolicy'>;
}

/**
 * Tells the forge what the branch says of a commit now, which may be another thing than when the hint was sent: so a late one
 * never overwrites news. Nothing of the answer counts for any decision (trust rules 5.2, 5.5).
 * @returns null where there is nothing to tell any more.
 */
export async function tellForge({ ref, commit }: StatusHint, ports: TellForgePorts): Promise<StatusOutcome | null> {
  const policy = (await ports.policies.readPolicy(ref.repository))?.policy;
  const state = await ports.branches.read(ref);
  if (policy?.commitStatus == null || state === null || state.retired) return null;
  const status = listStatuses(state).find((each) => each.commit === commit);
  if (status === undefined) return null;

  const { userAgent, timeoutMs } = ports;
  const call: StatusCall = { userAgent, timeoutMs, agents: ports.openAgents(policy.certificateAuthority) };
  let refused: StatusOutcome | null = null;
  for await (const token of openTokens(policy, ports, call)) {
    const outcome =
      typeof token === 'string' ? await sendCommitStatus(policy, ref.branch, status, token, call) : withoutToken(token);
    if (outcome.kind !== 'refused') return outcome;
    refused ??= outcome;
  }
  return refused;
}

/** What does not mend itself. */
const FINAL: ReadonlySet<UnreachableCause> = new Set(['missing_secret', 'refused_credentials', 'not_found']);

function withoutToken({ cause, message, retryAfter }: SourceUnreachable): StatusOutcome {
  return FINAL.has(cause) ? { kind: 'refused', message } : putOff(message, retryAfter ?? null);
}
