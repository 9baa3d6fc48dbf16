import * as z from 'zod/mini';
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
  orNull,
  positive,
  repositoryName,
  sha256,
  text,
} from './field-schemas.ts';

const secretRef: z.ZodMiniType<SecretRef> = z.strictObject({ secretRef: text });

const credentials: z.ZodMiniType<GitCredentials> = z.union([
  z.strictObject({ username: text, password: secretRef }),
  z.strictObject({ bearer: secretRef }),
  z.strictObject({
    app: z.strictObject({
      name: text,
      appId: text,
      privateKey: secretRef,
      webhook: z.nullable(secretRef),
      apiUrl: text,
    }),
  }),
  z.strictObject({ sshKey: secretRef, passphrase: z.nullable(secretRef), knownHosts: text }),
]);

const limits: z.ZodMiniType<BranchLimits> = z.strictObject({
  commits: positive,
  packBytes: positive,
  objectBytes: positive,
  signatureBytes: positive,
  parents: positive,
});

const branch: z.ZodMiniType<BranchPolicy> = z.strictObject({
  name: branchName,
  mode,
  anchor: oid,
  enforcement,
  keyTime,
  matchEmail: z.boolean(),
  // Policies of before this rule name nobody, and every signatory may publish as then.
  publishers: orNull(z.array(text).check(z.minLength(1))),
  limits,
});

const tag: z.ZodMiniType<TagPolicy> = z.strictObject({
  pattern: text,
  verify: oneOf<TagPolicy['verify']>({ tag: true, 'tag-and-commit': true }),
  keyTime,
});

export const repositoryPolicy: z.ZodMiniType<RepositoryPolicy> = z.strictObject({
  repository: repositoryName,
  verifier: text,
  url: text,
  provider: z.enum(PROVIDERS),
  credentials: z.nullable(credentials),
  webhook: z.nullable(secretRef),
  // Policies of before these rules tell no status and trust the public authorities alone.
  commitStatus: orNull(z.strictObject({ token: z.nullable(secretRef) })),
  certificateAuthority: orNull(text),
  apiUrl: orNull(text),
  branches: z.array(branch),
  // Policies of before this rule guard no tag.
  tags: z._default(z.array(tag), []),
  // Policies of before this rule name no commit.
  accepted: z._default(z.array(z.strictObject({ commit: oid, reason: text })), []),
  denied: z._default(
    z.array(
      z.union([z.strictObject({ commit: oid, reason: text }), z.strictObject({ payloadSha256: sha256, reason: text })]),
    ),
    [],
  ),
  compromisedKeys: z._default(z.array(text), []),
});

const revocation: z.ZodMiniType<Revocation> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('soft'), at: z.int() }),
  z.strictObject({ kind: z.literal('hard') }),
]);

const openPgpKey: z.ZodMiniType<OpenPgpKey> = z.strictObject({
  format: z.literal('openpgp'),
  fingerprint: text,
  keyId: text,
  primaryFingerprint: text,
  version: z.literal([4, 6]),
  algorithm: count,
  bits: count,
  created: count,
  expires: z.nullable(z.int()),
  statedAt: count,
  revocation: z.nullable(revocation),
  signing: z.boolean(),
  spki: z.nullable(text),
  unusable: z.nullable(text),
});

const sshKey: z.ZodMiniType<SshKey> = z.strictObject({
  format: z.literal('ssh'),
  fingerprint: text,
  type: text,
  blob: text,
  userVerification: z.optional(z.literal(true)),
  principals: z.optional(z.array(text)),
  validFrom: z.optional(z.int()),
  validUntil: z.optional(z.int()),
});

const x509Identity: z.ZodMiniType<X509Identity> = z.strictObject({
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

const serial = z.string().check(z.regex(/^\d{1,20}$/));
const sshRevocations: z.ZodMiniType<SshRevocations> = z.strictObject({
  fingerprints: z.array(text),
  certificates: z.array(
    z.strictObject({ authority: z.nullable(text), serials: z.array(z.tuple([serial, serial])), keyIds: z.array(text) }),
  ),
});

const signatory: z.ZodMiniType<Signatory> = z.strictObject({
  name: text,
  emails: z.array(text),
  matchEmail: z.boolean(),
  validFrom: z.nullable(z.int()),
  validUntil: z.nullable(z.int()),
  // Signatories of before this rule have none.
  limit: orNull(oneOf<MergeLimit>({ merges: true, 'up-to-date-merges': true })),
  keys: z.array(z.union([openPgpKey, sshKey, x509Identity])),
  sshRevocations: z.optional(sshRevocations),
});

export const signatories: z.ZodMiniType<readonly Signatory[]> = z.array(signatory);
