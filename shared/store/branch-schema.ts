import * as z from 'zod';
import type { Alert, AlertEvent, Severity } from '../model/alert.ts';
import type { AuditEvent, AuditEventKind } from '../model/audit-event.ts';
import type {
  AlertHour,
  BranchState,
  Compromise,
  Due,
  KeyWatch,
  LaggingTip,
  Lock,
  LockReason,
  Progress,
  Reminders,
  RevisionRecord,
  Unreachable,
  UnreachableCause,
} from '../model/branch-state.ts';
import { mintTrustedRevision, type ObservedTip } from '../model/trusted-revision.ts';
import type { CommitReason } from '../model/verdict.ts';
import {
  branchRef,
  commitReason,
  count,
  enforcement,
  keyTime,
  mode,
  oid,
  oneOf,
  positive,
  sha256,
  signatureKeys,
  text,
  timestamp,
} from './field-schemas.ts';
import { proof, statementTerms } from './statement-schema.ts';

const lockReason: z.ZodType<LockReason> = z.union([
  commitReason,
  oneOf<Exclude<LockReason, CommitReason>>({
    history_rewritten: true,
    branch_deleted: true,
    unrelated_history: true,
    tag_moved: true,
    malformed_tag: true,
  }),
]);

export const lock: z.ZodType<Lock> = z.strictObject({
  commit: oid.nullable(),
  reason: lockReason,
  message: text,
  nextStep: text,
  since: timestamp,
});

export const compromise: z.ZodType<Compromise> = z.strictObject({
  keys: z.array(text),
  message: text,
  nextStep: text,
  since: timestamp,
});

const progress: z.ZodType<Progress> = z.strictObject({
  policyVersion: count,
  judged: positive,
  digest: sha256,
  total: positive,
});

export const unreachable: z.ZodType<Unreachable> = z.strictObject({
  cause: oneOf<UnreachableCause>({
    refused_credentials: true,
    not_found: true,
    connection: true,
    dns: true,
    tls: true,
    host_key_changed: true,
    host_key_unknown: true,
    timeout: true,
    rate_limited: true,
    server_error: true,
    bad_response: true,
    truncated_pack: true,
    missing_secret: true,
  }),
  message: text,
  since: timestamp,
  attempts: count,
  alerted: z.boolean(),
});

export const auditEvent: z.ZodType<AuditEvent> = z.strictObject({
  kind: oneOf<AuditEventKind>({
    created: true,
    advanced: true,
    locked: true,
    unlocked: true,
    reanchored: true,
    policy_changed: true,
    retired: true,
    compromised: true,
    unreachable: true,
    reachable: true,
  }),
  at: timestamp,
  sequence: count,
  actor: text,
  message: text,
  details: z.record(text, text),
});

export const revisionRecord: z.ZodType<RevisionRecord> = z.strictObject({
  sequence: positive,
  revision: oid,
  previous: oid.nullable(),
  decidedAt: timestamp,
  mode,
  keyTime,
  policyVersion: count,
  operatorAnchored: z.boolean(),
  // Records of before this rule do not say.
  signedBy: z.array(signatureKeys).nullable().default(null),
});

const alert: z.ZodType<Alert> = z.strictObject({
  event: oneOf<AlertEvent>({
    locked: true,
    unlocked: true,
    advanced: true,
    reanchored: true,
    compromised: true,
    unreachable: true,
    'key-expiring': true,
  }),
  ref: branchRef,
  severity: oneOf<Severity>({ info: true, warning: true, critical: true }),
  title: text,
  description: text,
  nextSteps: z.array(text),
});

export const due: z.ZodType<Due> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('event'), id: text, event: auditEvent }),
  z.strictObject({ kind: z.literal('revision'), id: text, record: revisionRecord }),
  z.strictObject({ kind: z.literal('alert'), id: text, alert }),
  z.strictObject({ kind: z.literal('status'), id: text, commit: oid }),
]);

const observedTip: z.ZodType<ObservedTip> = z.strictObject({ revision: oid, enforced: z.literal(false) });
const laggingTip: z.ZodType<LaggingTip> = z.strictObject({ revision: oid, since: timestamp });
export const alertHour: z.ZodType<AlertHour> = z.strictObject({ since: timestamp, sent: count, held: count });

const reminders: z.ZodType<Reminders> = z.strictObject({
  of: oneOf<Reminders['of']>({ Compromised: true, Locked: true, Unreachable: true }),
  since: timestamp,
  passed: count,
});

const keys: z.ZodType<KeyWatch> = z.strictObject({
  checkedAt: timestamp,
  nextAt: timestamp.nullable(),
  soonest: z.array(z.strictObject({ signatory: text, expires: timestamp })),
});

/** What a branch item holds beside its keys. The trusted revision is stored as its id. */
export const branchAttributes: z.ZodType<Omit<BranchState, 'ref'>> = z.strictObject({
  version: positive,
  sequence: count,
  trusted: oid.transform(mintTrustedRevision).nullable(),
  anchor: oid,
  operatorAnchored: z.boolean(),
  // Of before this rule: all revisions count.
  anchorSequence: positive.default(1),
  // Of before statements: they are made up for.
  proof: proof.nullable().default(null),
  statement: statementTerms.nullable().default(null),
  enforcement,
  policyVersion: count,
  decidedAt: timestamp.nullable(),
  tip: z.strictObject({ revision: oid, seenAt: timestamp }).nullable(),
  lock: lock.nullable(),
  compromise: compromise.nullable().default(null),
  progress: progress.nullable().default(null),
  observedTip: observedTip.nullable(),
  unreachable: unreachable.nullable(),
  lagging: laggingTip.nullable(),
  recheckAt: timestamp.nullable(),
  seenFrom: timestamp,
  due: z.array(due),
  alertedLocks: z.array(text),
  alertHour: alertHour.nullable(),
  reminders: reminders.nullable().default(null),
  keys: keys.nullable().default(null),
  trustedSince: timestamp.nullable().default(null),
  retired: z.boolean(),
});
