import * as z from 'zod';
import { IGNORED_REASONS } from '../../shared/forges/delivery.ts';
import { TAG_PUBLISHED_STATES } from '../../shared/model/tag-state.ts';
import { CHECK_OUTCOMES } from '../../shared/trust/list-checks.ts';

/** What the HTTP API answers (interfaces, part 3). Handlers take the types alone: only its description and its clients need the schemas. */

const objectId = z
  .string()
  .regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/)
  .meta({ description: 'A full git object id.' });
const time = z.iso.datetime().meta({ description: 'UTC.' });

const keyId = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .meta({ description: 'SHA-256 of the SubjectPublicKeyInfo of the key, hexadecimal.' });

/** What agents read of a branch (interfaces, part 3). */
export const publicationSchema = z.strictObject({
  repository: z.string(),
  branch: z.string(),
  state: z.enum(['Pending', 'Trusted', 'Locked', 'Compromised', 'Unreachable']),
  revision: objectId.nullable().meta({ description: 'The trusted revision; null where nothing is published yet.' }),
  objectFormat: z.enum(['sha1', 'sha256']),
  sequence: z.int().nonnegative().meta({ description: 'Raised by one with each published revision, for ever.' }),
  decidedAt: time.nullable(),
  tip: z.strictObject({ revision: objectId, seenAt: time }).nullable().meta({ description: 'What the forge says.' }),
  lock: z
    .strictObject({
      commit: objectId.nullable(),
      reason: z.string(),
      message: z.string(),
      nextStep: z.string(),
      since: time,
    })
    .nullable(),
  compromise: z
    .strictObject({ keys: z.array(z.string()), message: z.string(), nextStep: z.string(), since: time })
    .nullable()
    .meta({ description: 'The revision rests on a compromised key: it stays published, and nothing advances.' }),
  unreachable: z.strictObject({ cause: z.string(), since: time }).nullable(),
  observedTip: z.strictObject({ revision: objectId, enforced: z.literal(false) }).nullable(),
  pollAfterSeconds: z.int().positive(),
  keyId: keyId.nullable().meta({ description: 'Of the latest statement that was signed; null before the first.' }),
});
export type Publication = z.infer<typeof publicationSchema>;

/** A signed statement in its envelope (DSSE 1.0). */
export const envelopeSchema = z.strictObject({
  payload: z.base64().meta({ description: 'An in-toto Statement v1 with a SLSA verification summary v1, in JSON.' }),
  payloadType: z.literal('application/vnd.in-toto+json'),
  signatures: z.array(
    z.strictObject({ keyid: keyId, sig: z.base64().meta({ description: 'ECDSA over P-256 with SHA-256, in DER.' }) }),
  ),
});

/** What agents read of a tag (interfaces, part 3). */
export const tagPublicationSchema = publicationSchema
  .omit({ branch: true, unreachable: true, observedTip: true, keyId: true })
  .extend({
    tag: publicationSchema.shape.branch,
    state: publicationSchema.shape.state.extract(TAG_PUBLISHED_STATES),
    object: objectId
      .nullable()
      .meta({ description: 'The tag object that was proven: final. `revision` is its commit.' }),
  });
export type TagPublication = z.infer<typeof tagPublicationSchema>;

const branchSummary = publicationSchema.pick({ branch: true, state: true, revision: true, sequence: true });

const count = z.int().nonnegative();
const tagCounts = z.strictObject({ Pending: count, Trusted: count, Locked: count, Compromised: count });

export const repositoryListSchema = z.strictObject({
  repositories: z.array(
    z.strictObject({
      name: z.string(),
      branches: z.array(branchSummary),
      tags: tagCounts
        .nullable()
        .meta({ description: 'How many guarded tags are in each state; null where none are guarded.' }),
    }),
  ),
});
export type RepositoryList = z.infer<typeof repositoryListSchema>;

const signature = z.strictObject({
  format: z.enum(['openpgp', 'ssh', 'x509']),
  signatory: z.string().meta({ description: "The signatory's name in the policy." }),
  fingerprint: z.string(),
  certifiedBy: z.string().nullable().meta({ description: 'Of the primary key or the authority, where there is one.' }),
  signedAt: time.nullable().meta({ description: 'A claim of the signature; proven of X.509; null of SSH.' }),
});

/** The recorded verdict of one commit with its checks (interfaces, part 3). */
export const commitVerdictSchema = z.strictObject({
  repository: z.string(),
  branch: z.string(),
  commit: objectId,
  outcome: z.enum(['verified', 'refused']),
  signature: signature.nullable().meta({ description: 'Null where no signature counts.' }),
  accepted: z
    .strictObject({ reason: z.string(), against: z.string() })
    .nullable()
    .meta({ description: 'Where the policy accepts the commit by name: why, and in spite of what.' }),
  refusal: z.strictObject({ reason: z.string(), message: z.string(), nextStep: z.string() }).nullable(),
  committer: z.string().meta({ description: 'A claim of the commit.' }),
  firstSeen: time,
  payloadSha256: z.string(),
  policyVersion: z.int().nonnegative(),
  checks: z.array(
    z.strictObject({
      rule: z.string().meta({ description: 'Of the trust model.' }),
      title: z.string(),
      outcome: z.enum(CHECK_OUTCOMES),
      detail: z.string().nullable(),
    }),
  ),
});
export type CommitVerdict = z.infer<typeof commitVerdictSchema>;

/** A page of the audit trail, the oldest event first (interfaces, part 3). */
export const eventPageSchema = z.strictObject({
  repository: z.string(),
  branch: z.string(),
  events: z.array(
    z.strictObject({
      id: z.string(),
      kind: z.string(),
      at: time,
      sequence: z.int().nonnegative(),
      actor: z.string().meta({ description: '`headlock` itself, or an operator.' }),
      message: z.string(),
      details: z.record(z.string(), z.string()),
    }),
  ),
  next: z.string().nullable().meta({ description: 'For `?after=`; null where these are the newest.' }),
});
export type EventPage = z.infer<typeof eventPageSchema>;

/** Problem details (RFC 9457), the body of every error. */
export const problemSchema = z.strictObject({
  type: z.string().meta({ description: '`urn:headlock:problem:` and a code, or `about:blank`.' }),
  title: z.string(),
  status: z.int(),
  detail: z.string().meta({ description: 'What is wrong and what to do about it.' }),
  instance: z.string().meta({ description: 'The id of the request, to be found in the log.' }),
});

/** What a forge is answered. */
export const deliveryOutcomeSchema = z.discriminatedUnion('status', [
  z.strictObject({ status: z.literal('queued'), delivery: z.string() }),
  z.strictObject({
    status: z.literal('ignored'),
    reason: z.enum(IGNORED_REASONS),
  }),
]);

export const healthSchema = z.strictObject({ status: z.literal('ok') });
