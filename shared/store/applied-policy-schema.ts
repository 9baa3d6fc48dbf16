import * as z from 'zod';
import type { BranchLimits } from '../model/limits.ts';
import {
  type BranchPolicy,
  type GitCredentials,
  PROVIDERS,
  type RepositoryPolicy,
  type SecretRef,
  type TagPolicy,
} from '../model/policy.ts';
import type {
  MergeLimit,
  OpenPgpKey,
  Revocation,
  Signatory,
  SshKey,
  SshRevocations,
  X509Identity,
} from '../model/signatory.ts';
import {
  branchName,
  count,
  enforcement,
  keyTime,
  mode,
  oid,
  oneOf,
  positive,
  repositoryName,
  sha256,
  text,
} from './field-schemas.ts';

const secretRef: z.ZodType<SecretRef> = z.strictObject({ secretRef: text });

const credentials: z.ZodType<GitCredentials> = z.union([
  z.strictObject({ username: text, password: secretRef }),
  z.strictObject({ bearer: secretRef }),
  z.strictObject({
    app: z.strictObject({
      name: text,
      appId: text,
      privateKey: secretRef,
      webhook: secretRef.nullable(),
      apiUrl: text,
    }),
  }),
  z.strictObject({ sshKey: secretRef, passphrase: secretRef.nullable(), knownHosts: text }),
]);

const limits: z.ZodType<BranchLimits> = z.strictObject({
  commits: positive,
  packBytes: positive,
  objectBytes: positive,
  signatureBytes: positive,
  parents: positive,
});

const branch: z.ZodType<BranchPolicy> = z.strictObject({
  name: branchName,
  mode,
  anchor: oid,
  enforcement,
  keyTime,
  matchEmail: z.boolean(),
  // Policies of before this rule name nobody, and every signatory may publish as then.
  publishers: z.array(text).min(1).nullable().default(null),
  limits,
});

const tag: z.ZodType<TagPolicy> = z.strictObject({
  pattern: text,
  verify: oneOf<TagPolicy['verify']>({ tag: true, 'tag-and-commit': true }),
  keyTime,
});

export const repositoryPolicy: z.ZodType<RepositoryPolicy> = z.strictObject({
  repository: repositoryName,
  verifier: text,
  url: text,
  provider: z.enum(PROVIDERS),
  credentials: credentials.nullable(),
  webhook: secretRef.nullable(),
  // Policies of before these rules tell no status and trust the public authorities alone.
  commitStatus: z.strictObject({ token: secretRef.nullable() }).nullable().default(null),
  certificateAuthority: text.nullable().default(null),
  apiUrl: text.nullable().default(null),
  branches: z.array(branch),
  // Policies of before this rule guard no tag.
  tags: z.array(tag).default([]),
  // Policies of before this rule name no commit.
  accepted: z.array(z.strictObject({ commit: oid, reason: text })).default([]),
  denied: z
    .array(
      z.union([z.strictObject({ commit: oid, reason: text }), z.strictObject({ payloadSha256: sha256, reason: text })]),
    )
    .default([]),
  compromisedKeys: z.array(text).default([]),
});

const revocation: z.ZodType<Revocation> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('soft'), at: z.int() }),
  z.strictObject({ kind: z.literal('hard') }),
]);

const openPgpKey: z.ZodType<OpenPgpKey> = z.strictObject({
  format: z.literal('openpgp'),
  fingerprint: text,
  keyId: text,
  primaryFingerprint: text,
  version: z.literal([4, 6]),
  algorithm: count,
  bits: count,
  created: count,
  expires: z.int().nullable(),
  statedAt: count,
  revocation: revocation.nullable(),
  signing: z.boolean(),
  spki: text.nullable(),
  unusable: text.nullable(),
});

const sshKey: z.ZodType<SshKey> = z.strictObject({
  format: z.literal('ssh'),
  fingerprint: text,
  type: text,
  blob: text,
  userVerification: z.literal(true).optional(),
  principals: z.array(text).optional(),
  validFrom: z.int().optional(),
  validUntil: z.int().optional(),
});

const x509Identity: z.ZodType<X509Identity> = z.strictObject({
  format: z.literal('x509'),
  fingerprint: text,
  identity: text,
  isPattern: z.boolean(),
  trust: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('sigstore'), issuer: text, trustedRoot: text }),
    z.strictObject({
      kind: z.literal('authority'),
      certificates: z.array(text),
      timestampAuthorities: z.array(text),
    }),
  ]),
});

const serial = z.string().regex(/^\d{1,20}$/);
const sshRevocations: z.ZodType<SshRevocations> = z.strictObject({
  fingerprints: z.array(text),
  certificates: z.array(
    z.strictObject({ authority: text.nullable(), serials: z.array(z.tuple([serial, serial])), keyIds: z.array(text) }),
  ),
});

const signatory: z.ZodType<Signatory> = z.strictObject({
  name: text,
  emails: z.array(text),
  matchEmail: z.boolean(),
  validFrom: z.int().nullable(),
  validUntil: z.int().nullable(),
  // Signatories of before this rule have none.
  limit: oneOf<MergeLimit>({ merges: true, 'up-to-date-merges': true }).nullable().default(null),
  keys: z.array(z.union([openPgpKey, sshKey, x509Identity])),
  sshRevocations: sshRevocations.optional(),
});

export const signatories: z.ZodType<readonly Signatory[]> = z.array(signatory);
