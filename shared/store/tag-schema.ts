import * as z from 'zod/mini';
import type { GuardedTags, TagPublishedState, TagState } from '../model/tag-state.ts';
import { mintTrustedRevision } from '../model/trusted-revision.ts';
import { alertHour, compromise, due, lock, unreachable } from './branch-schema.ts';
import { count, oid, positive, signatureKeys, timestamp } from './field-schemas.ts';

/** What a tag item holds beside its keys. */
export const tagAttributes: z.ZodMiniType<Omit<TagState, 'ref'>> = z.strictObject({
  version: positive,
  sequence: count,
  trusted: z.nullable(z.pipe(oid, z.transform(mintTrustedRevision))),
  object: z.nullable(oid),
  signedBy: z.nullable(z.array(signatureKeys)),
  operatorAnchored: z.boolean(),
  policyVersion: count,
  decidedAt: z.nullable(timestamp),
  tip: z.strictObject({ revision: oid, seenAt: timestamp }),
  missingSince: z.nullable(timestamp),
  lock: z.nullable(lock),
  compromise: z.nullable(compromise),
  recheckAt: z.nullable(timestamp),
  due: z.array(due),
  retired: z.boolean(),
});

const counts: z.ZodMiniType<Record<TagPublishedState, number>> = z.strictObject({
  Pending: count,
  Trusted: count,
  Locked: count,
  Compromised: count,
});

export const guardedTagsAttributes: z.ZodMiniType<Omit<GuardedTags, 'ref'>> = z.strictObject({
  version: positive,
  policyVersion: count,
  counts,
  sequenceFloor: z._default(count, 0),
  lock: z.nullable(lock),
  unreachable: z.nullable(unreachable),
  alertHour: z.nullable(alertHour),
  due: z.array(due),
  retired: z.boolean(),
});
