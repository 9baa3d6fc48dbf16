import * as z from 'zod/mini';
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
  orNull,
  positive,
  sha256,
  signatureKeys,
  text,
  timestamp,
} from './field-schemas.ts';
import { proof, statementTerms } from './statement-schema.ts';

const lockReason: z.ZodMiniType<LockReason> = z.union([
  commitReason,
  oneOf<Exclude<LockReason, CommitReason>>({
    history_rewritten: true,
    branch_deleted: true,
    unrelated_history: true,
    tag_moved: true,
    malformed_tag: true,
  }),
]);

export const lock: z.ZodMiniType<Lock> = z.strictObject({
  commit: z.nullable(oid),
  reason: lockReason,
  message: text,
  nextStep: text,
  since: timestamp,
});

export const compromise: z.ZodMiniType<Compromise> = z.strictObject({
  keys: z.array(text),
  message: text,
  nextStep: text,
  since: timestamp,
});

const progress: z.ZodMiniType<Progress> = z.strictObject({
  policyVersion: count,
  judged: positive,
  digest: sha256,
  total: positive,
});

export const unreachable: z.ZodMiniType<Unreachable> = z.strictObject({
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

export const auditEvent: z.ZodMiniType<AuditEvent> = z.strictObject({
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

export const revisionRecord: z.ZodMiniType<RevisionRecord> = z.strictObject({
  sequence: positive,
  revision: oid,
  previous: z.nullable(oid),
  decidedAt: timestamp,
  mode,
  keyTime,
  policyVersion: count,
  operatorAnchored: z.boolean(),
  // Records of before this rule do not say.
  signedBy: orNull(z.array(signatureKeys)),
});

const alert: z.ZodMiniType<Alert> = z.strictObject({
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

export const due: z.ZodMiniType<Due> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('event'), id: text, event: auditEvent }),
  z.strictObject({ kind: z.literal('revision'), id: text, record: revisionRecord }),
  z.strictObject({ kind: z.literal('alert'), id: text, alert }),
  z.strictObject({ kind: z.literal('status'), id: text, commit: oid }),
]);

const observedTip: z.ZodMiniType<ObservedTip> = z.strictObject({ revision: oid, enforced: z.literal(false) });
const laggingTip: z.ZodMiniType<LaggingTip> = z.strictObject({ revision: oid, since: timestamp });
export const alertHour: z.ZodMiniType<AlertHour> = z.strictObject({ since: timestamp, sent: count, held: count });

const reminders: z.ZodMiniType<Reminders> = z.strictObject({
  of: oneOf<Reminders['of']>({ Compromised: true, Locked: true, Unreachable: true }),
  since: timestamp,
  passed: count,
});

const keys: z.ZodMiniType<KeyWatch> = z.strictObject({
  checkedAt: timestamp,
  nextAt: z.nullable(timestamp),
  soonest: z.array(z.strictObject({ signatory: text, expires: timestamp })),
});

/** What a branch item holds beside its keys. The trusted revision is stored as its id. */
export const branchAttributes: z.ZodMiniType<Omit<BranchState, 'ref'>> = z.strictObject({
  version: positive,
  sequence: count,
  trusted: z.nullable(z.pipe(oid, z.transform(mintTrustedRevision))),
  resumeAt: orNull(oid),
  anchor: oid,
  operatorAnchored: z.boolean(),
  // Of before this rule: all revisions count.
  anchorSequence: z._default(positive, 1),
  // Of before statements: they are made up for.
  proof: orNull(proof),
  statement: orNull(statementTerms),
  enforcement,
  policyVersion: count,
  decidedAt: z.nullable(timestamp),
  tip: z.nullable(z.strictObject({ revision: oid, seenAt: timestamp })),
  lock: z.nullable(lock),
  compromise: orNull(compromise),
  progress: orNull(progress),
  observedTip: z.nullable(observedTip),
  unreachable: z.nullable(unreachable),
  lagging: z.nullable(laggingTip),
  recheckAt: z.nullable(timestamp),
  seenFrom: timestamp,
  due: z.array(due),
  alertedLocks: z.array(text),
  alertHour: z.nullable(alertHour),
  reminders: orNull(reminders),
  keys: orNull(keys),
  trustedSince: orNull(timestamp),
  retired: z.boolean(),
});
