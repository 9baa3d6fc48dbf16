import * as z from 'zod';
import { isBranchName, isRepositoryName } from '../model/branch-ref.ts';
import type { Timestamp } from '../model/branch-state.ts';
import { isOid, type Oid } from '../model/oid.ts';
import type { Enforcement, Mode } from '../model/policy.ts';
import type { KeyTime } from '../model/signatory.ts';
import { COMMIT_REASONS } from '../model/verdict.ts';

/** The members of a closed union, all of them: one that is missing or too many does not compile. */
export function oneOf<Member extends string>(members: Readonly<Record<Member, true>>): z.ZodType<Member> {
  return z.enum(Object.keys(members) as Member[]);
}

const TIMESTAMP = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

export const text = z.string();
export const oid = z.custom<Oid>((value) => typeof value === 'string' && isOid(value), 'a full object id is needed');
export const timestamp: z.ZodType<Timestamp> = z.string().regex(TIMESTAMP, 'a time in UTC with milliseconds is needed');
export const count = z.int().nonnegative();
export const positive = z.int().positive();
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 in lower-case hexadecimal digits is needed');
export const repositoryName = z.string().refine(isRepositoryName, 'a repository name is needed');
export const branchName = z.string().refine(isBranchName, 'a branch name is needed');
export const branchRef = z.strictObject({ repository: repositoryName, branch: branchName });

const serial = z.string().regex(/^\d{1,20}$/);
export const signatureKeys = z.strictObject({
  fingerprint: text,
  // Of before this rule nothing was recorded.
  certifiedBy: text.nullable().default(null),
  certificate: z.strictObject({ serial, keyId: text }).nullable().default(null),
  others: z.array(text).optional(),
});

export const mode = oneOf<Mode>({ all: true, 'first-parent': true, head: true });
export const enforcement = oneOf<Enforcement>({ enforce: true, report: true });
export const keyTime = oneOf<KeyTime>({ 'first-seen': true, signature: true, ignore: true });
export const commitReason = z.enum(COMMIT_REASONS);
