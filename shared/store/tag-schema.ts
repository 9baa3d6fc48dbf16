import * as z from 'zod';
import type { GuardedTags, TagPublishedState, TagState } from '../model/tag-state.ts';
import { mintTrustedRevision } from '../model/trusted-revision.ts';
import { alertHour, compromise, due, lock, unreachable } from './branch-schema.ts';
import { count, oid, positive, signatureKeys, timestamp } from './field-schemas.ts';

/** What a tag item holds beside its keys. */
export const tagAttributes: z.ZodType<Omit<TagState, 'ref'>> = z.strictObject({
  version: positive,
  sequence: count,
  trusted: oid.transform(mintTrustedRevision).nullable(),
  object: oid.nullable(),
  signedBy: z.array(signatureKeys).nullable(),
  operatorAnchored: z.boolean(),
  policyVersion: count,
  decidedAt: timestamp.nullable(),
  tip: z.strictObject({ revision: oid, seenAt: timestamp }),
  missingSince: timestamp.nullable(),
  lock: lock.nullable(),
  compromise: compromise.nullable(),
  recheckAt: timestamp.nullable(),
  due: z.array(due),
  retired: z.boolean(),
});

const counts: z.ZodType<Record<TagPublishedState, number>> = z.strictObject({
  Pending: count,
  Trusted: count,
  Locked: count,
  Compromised: count,
});

export const guardedTagsAttributes: z.ZodType<Omit<GuardedTags, 'ref'>> = z.strictObject({
  version: positive,
  policyVersion: count,
  counts,
  lock: lock.nullable(),
  unreachable: unreachable.nullable(),
  alertHour: alertHour.nullable(),
  due: z.array(due),
  retired: z.boolean(),
});
