import * as z from 'zod/mini';
import type { SignatureFormat, Verdict } from '../model/verdict.ts';
import { commitReason, count, oid, oneOf, sha256, signatureKeys, text } from './field-schemas.ts';

const binding = { commit: oid, payloadSha256: sha256, committer: text, firstSeen: z.int() };

const signature = z.strictObject({
  outcome: z.literal('verified'),
  format: oneOf<SignatureFormat>({ openpgp: true, ssh: true, x509: true }),
  signatory: text,
  ...signatureKeys.shape,
  signedAt: z.nullable(z.int()),
});

const verified = z.strictObject({ ...signature.shape, ...binding, policyVersion: count });

const accepted = z.strictObject({
  outcome: z.literal('verified'),
  format: z.literal('policy'),
  justification: text,
  against: commitReason,
  ...binding,
  policyVersion: count,
});

const refused = z.strictObject({
  outcome: z.literal('refused'),
  reason: commitReason,
  message: text,
  nextStep: text,
  recheckAt: z.nullable(z.int()),
  signed: z.optional(signature),
  ...binding,
  policyVersion: count,
});

/** What a verdict item holds beside its keys. */
export const verdictAttributes: z.ZodMiniType<Verdict & { readonly policyVersion: number }> = z.union([
  verified,
  accepted,
  refused,
]);
