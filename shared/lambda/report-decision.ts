import type { Timestamp } from '../model/branch-state.ts';
import type { DecisionReport } from '../model/decision-report.ts';
import type { Log } from './log.ts';
import { emitMetrics } from './metrics.ts';

/** What a run knows of its hint and its time. */
export interface DecisionCircumstances {
  /** What gave the hint. */
  readonly delivery: string;
  /** When the webhook came that gave it. */
  readonly receivedAt?: Timestamp | undefined;
  readonly seconds: number;
  /** False of the canary's branch, which locks again and again. */
  readonly isMeasured: boolean;
}

/** Writes one line of the log for each decision, and its metrics. Neither holds what a commit or a delivery says (trust rule 7.3). */
export function reportDecision(report: DecisionReport, circumstances: DecisionCircumstances, log: Log): void {
  const { ref, refused, isPushed, ...facts } = report;
  const { delivery, receivedAt, seconds, isMeasured } = circumstances;
  const hint = delivery.split(':', 1)[0];
  const refusals = Object.fromEntries(refused);
  log.info('Decided.', { ...ref, ...facts, refused: refusals, hint, seconds: round(seconds) });
  if (report.outcome === 'settled' || !isMeasured) return;

  const { repository } = ref;
  const isRepair = isPushed && hint === 'sweep';
  const isPublished = report.outcome === 'advanced' && receivedAt !== undefined;
  emitMetrics({
    headlock_decision_duration_seconds: seconds,
    ...(report.verified > 0 && { headlock_commits_verified_total: report.verified }),
    ...(isRepair && { headlock_sweep_repairs_total: 1 }),
    ...(isPublished && { headlock_receipt_to_publish_seconds: secondsBetween(receivedAt, report.recordedAt) }),
  });
  for (const [reason, count] of refused) {
    emitMetrics({ headlock_commit_verification_failures_total: count }, { repository, reason });
  }
}

/** Clocks of two machines: none may make it negative. */
function secondsBetween(from: Timestamp, to: Timestamp): number {
  return Math.max(0, Date.parse(to) - Date.parse(from)) / 1000;
}

function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
