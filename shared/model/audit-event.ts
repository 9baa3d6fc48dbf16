import type { Timestamp } from './branch-state.ts';

export type AuditEventKind =
  | 'created'
  | 'advanced'
  | 'locked'
  | 'unlocked'
  | 'reanchored'
  | 'policy_changed'
  | 'retired'
  | 'compromised'
  | 'unreachable'
  | 'reachable';

/** One line of the audit trail: never updated, never deleted (trust rule 5.4). */
export interface AuditEvent {
  readonly kind: AuditEventKind;
  readonly at: Timestamp;
  readonly sequence: number;
  /** `headlock` itself, or the operator as the credentials name them. */
  readonly actor: string;
  /** One sentence for people. */
  readonly message: string;
  readonly details: Readonly<Record<string, string>>;
}
