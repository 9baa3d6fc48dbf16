import type { BranchRef } from './branch-ref.ts';

export type AlertEvent =
  | 'locked'
  | 'unlocked'
  | 'advanced'
  | 'reanchored'
  | 'compromised'
  | 'unreachable'
  | 'key-expiring';

export type Severity = 'info' | 'warning' | 'critical';

/** News for people, before it takes the form of interfaces.md part 3. */
export interface Alert {
  readonly event: AlertEvent;
  readonly ref: BranchRef;
  readonly severity: Severity;
  readonly title: string;
  readonly description: string;
  readonly nextSteps: readonly string[];
}
