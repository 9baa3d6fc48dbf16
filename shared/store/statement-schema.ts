import * as z from 'zod/mini';
import type { PublishedState } from '../model/branch-state.ts';
import type { Proof, SignedStatement, StatementTerms } from '../model/statement.ts';
import { count, keyTime, mode, oid, oneOf, positive, sha256, text, timestamp } from './field-schemas.ts';

const publishedState = oneOf<PublishedState>({
  Pending: true,
  Trusted: true,
  Locked: true,
  Compromised: true,
  Unreachable: true,
});

export const proof: z.ZodMiniType<Proof> = z.strictObject({
  previous: z.nullable(oid),
  mode,
  keyTime,
  since: positive,
  isWhole: z.boolean(),
  tree: z.nullable(oid),
});

export const statementTerms: z.ZodMiniType<StatementTerms> = z.strictObject({
  sequence: positive,
  state: publishedState,
  policy: z.strictObject({ version: count, verifier: text, url: text, sha256 }),
  issuedAt: timestamp,
  renewAt: timestamp,
  expires: timestamp,
  isSigned: z.boolean(),
  keyId: z.nullable(sha256),
});

export const signedStatement: z.ZodMiniType<SignedStatement> = z.strictObject({
  sequence: positive,
  state: publishedState,
  revision: oid,
  issuedAt: timestamp,
  expires: timestamp,
  keyId: sha256,
  envelope: text,
});
