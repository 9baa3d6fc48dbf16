import * as z from 'zod/mini';
import { isBranchName, isRepositoryName } from '../model/branch-ref.ts';
import type { Timestamp } from '../model/branch-state.ts';
import { isOid, type Oid } from '../model/oid.ts';
import type { Enforcement, Mode } from '../model/policy.ts';
import type { KeyTime } from '../model/signatory.ts';
import { COMMIT_REASONS } from '../model/verdict.ts';

/** The members of a closed union, all of them: one that is missing or too many does not compile. */
export function oneOf<Member extends string>(members: Readonly<Record<Member, true>>): z.ZodMiniType<Member> {
  return z.enum(Object.keys(members) as Member[]);
}

/** Null where it is not there: in items of before it was written. */
export function orNull<Value>(schema: z.ZodMiniType<Value>): z.ZodMiniType<Value | null> {
  return z._default(z.nullable(schema), null);
}

const TIMESTAMP = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

export const text = z.string();
export const oid = z.custom<Oid>((value) => typeof value === 'string' && isOid(value), 'a full object id is needed');
export const timestamp: z.ZodMiniType<Timestamp> = z
  .string()
  .check(z.regex(TIMESTAMP, 'a time in UTC with milliseconds is needed'));
export const count = z.int().check(z.nonnegative());
export const positive = z.int().check(z.positive());
export const sha256 = z
  .string()
  .check(z.regex(/^[0-9a-f]{64}$/, 'a SHA-256 in lower-case hexadecimal digits is needed'));
export const repositoryName = z.string().check(z.refine(isRepositoryName, 'a repository name is needed'));
export const branchName = z.string().check(z.refine(isBranchName, 'a branch name is needed'));
export const branchRef = z.strictObject({ repository: repositoryName, branch: branchName });

const serial = z.string().check(z.regex(/^\d{1,20}$/));
export const signatureKeys = z.strictObject({
  fingerprint: text,
  // Of before this rule nothing was recorded.
  certifiedBy: orNull(text),
  certificate: orNull(z.strictObject({ serial, keyId: text })),
  others: z.optional(z.array(text)),
});

export const mode = oneOf<Mode>({ all: true, 'first-parent': true, head: true });
export const enforcement = oneOf<Enforcement>({ enforce: true, report: true });
export const keyTime = oneOf<KeyTime>({ 'first-seen': true, signature: true, ignore: true });
export const commitReason = z.enum(COMMIT_REASONS);
