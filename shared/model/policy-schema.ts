import { z } from 'zod';
import { isBranchName, isRepositoryName } from './branch-ref.ts';
import { MAX_TAG_PATTERNS } from './limits.ts';
import { isOid } from './oid.ts';
import { type DeniedCommit, PROVIDERS } from './policy.ts';
import {
  apiUrl,
  appSchema,
  checkTransport,
  commitStatusSchema,
  credentialsSchema,
  filePath,
  secretRef,
  urlSchema,
} from './transport-schema.ts';

const fixed = (message: string) => ({ error: message });
const name = z
  .string(fixed('Write a name in quotes.'))
  .min(1, fixed('A name cannot be empty.'))
  .max(100, fixed('A name has at most 100 characters.'));
const bound = z.int(fixed('Write a whole number.')).positive(fixed('Write a number above zero.'));

const date = z
  .string(fixed('Write a date as 2027-06-30, or a time as 2027-06-30T12:00:00Z.'))
  .regex(
    /^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?$/,
    fixed('Write a date as 2027-06-30, or a time as 2027-06-30T12:00:00Z.'),
  )
  .refine((text) => !Number.isNaN(Date.parse(text)), fixed('There is no such date.'));

const keyTime = z
  .enum(['first-seen', 'signature', 'ignore'], fixed('Write `first-seen`, `signature` or `ignore`.'))
  .default('first-seen');

const branch = z.strictObject({
  name: z
    .string()
    .refine(
      (text) => isBranchName(text) && !text.startsWith('refs/'),
      fixed('This is no branch name. Write it without `refs/heads/`.'),
    ),
  mode: z.enum(['all', 'first-parent', 'head'], fixed('Write `all`, `first-parent` or `head`.')).default('all'),
  anchor: z
    .string(fixed('Write the full commit id in quotes.'))
    .refine(
      isOid,
      fixed(
        'Write the full commit id (40 or 64 lower-case hexadecimal digits) at which trust starts: `git rev-parse HEAD` prints one.',
      ),
    ),
  enforcement: z.enum(['enforce', 'report'], fixed('Write `enforce` or `report`.')).default('enforce'),
  keyTime,
  matchEmail: z.boolean(fixed('Write true or false.')).default(false),
  publishers: z
    .array(name, fixed('List the names of signatories, for example `[Alice]`.'))
    .min(1, fixed('Name at least one signatory, or leave `publishers` out: then every signatory may publish.'))
    .optional(),
  limits: z
    .strictObject({ commits: bound, packBytes: bound, objectBytes: bound, signatureBytes: bound, parents: bound })
    .partial()
    .default({}),
});

const TAG_PATTERN = fixed('Write the names of tags without `refs/tags/`, with `*` for any characters: `v*`, say.');
const tag = z.strictObject({
  pattern: z
    .string(TAG_PATTERN)
    .refine((text) => isBranchName(text.replaceAll('*', 'x')) && !text.startsWith('refs/'), TAG_PATTERN),
  verify: z.enum(['tag', 'tag-and-commit'], fixed('Write `tag` or `tag-and-commit`.')).default('tag-and-commit'),
  keyTime,
});

const WHICH_SSH_KEYS = fixed('Write one SSH public key as in a `.pub` file, or a list of them.');
const PRINCIPALS = fixed('List the principals whose certificates count, as the authority writes them.');
const sshLines = z
  .preprocess(
    (value) => (typeof value === 'string' ? [value] : value),
    z.array(z.string(WHICH_SSH_KEYS), WHICH_SSH_KEYS),
  )
  .refine((lines) => lines.length > 0, WHICH_SSH_KEYS);

/** A line or a list of them stands for an object that has nothing else. */
const ssh = z.preprocess(
  (value) => (typeof value === 'string' || Array.isArray(value) ? { keys: value } : value),
  z
    .strictObject(
      {
        keys: sshLines.optional(),
        certificateAuthority: sshLines.optional(),
        principals: z.array(name, PRINCIPALS).min(1, PRINCIPALS).optional(),
        allowedSigners: z.string(fixed('Write the path of an `allowed_signers` file.')).min(1).optional(),
        revocations: z.string(fixed('Write the path of a revocation list of SSH.')).min(1).optional(),
        userVerification: z.boolean(fixed('Write true or false.')).default(false),
      },
      WHICH_SSH_KEYS,
    )
    .refine((entry) => (entry.keys ?? entry.certificateAuthority ?? entry.allowedSigners) !== undefined, WHICH_SSH_KEYS)
    .refine(
      (entry) => (entry.certificateAuthority === undefined) === (entry.principals === undefined),
      fixed('`certificateAuthority` and `principals` need each other: a certificate counts that names one of them.'),
    ),
);

const WHICH_X509 = fixed(
  'Write `{ issuer: …, identity: … }` for Sigstore, or `{ certificateAuthority: …, timestampAuthority: …, identity: … }`.',
);
const x509 = z
  .strictObject(
    {
      issuer: z.url(fixed('Write who vouches for the identity, for example https://accounts.google.com.')).optional(),
      trustedRoot: filePath('a `trusted_root.json` of Sigstore').optional(),
      certificateAuthority: filePath('a PEM file of authorities').optional(),
      timestampAuthority: filePath('a PEM file of time stamp authorities').optional(),
      identity: z.string(fixed('Write an e-mail address or a URI.')).min(1).optional(),
      identityPattern: z
        .string(fixed('Write a regular expression for the whole of an e-mail address or URI.'))
        .refine(isPattern, fixed('This is no regular expression.'))
        .optional(),
    },
    WHICH_X509,
  )
  .refine((entry) => (entry.issuer === undefined) !== (entry.certificateAuthority === undefined), WHICH_X509)
  .refine(
    (entry) => (entry.identity === undefined) !== (entry.identityPattern === undefined),
    fixed('Write either `identity` or `identityPattern`.'),
  )
  .refine(
    (entry) => (entry.certificateAuthority === undefined) === (entry.timestampAuthority === undefined),
    fixed(
      '`certificateAuthority` and `timestampAuthority` need each other: without a time stamp nobody knows when a signature was made.',
    ),
  )
  .refine(
    (entry) => entry.trustedRoot === undefined || entry.issuer !== undefined,
    fixed('`trustedRoot` is for Sigstore: write `issuer` beside it.'),
  );

function isPattern(text: string): boolean {
  try {
    new RegExp(text, 'v');
    return true;
  } catch {
    return false;
  }
}

export const signatorySchema = z
  .strictObject({
    name,
    emails: z.array(z.email(fixed('Write an e-mail address.'))).default([]),
    matchEmail: z.boolean(fixed('Write true or false.')).default(false),
    openpgp: z.string(fixed('Write the path of a file or folder of OpenPGP certificates.')).min(1).optional(),
    ssh: ssh.optional(),
    x509: x509.optional(),
    validFrom: date.optional(),
    validUntil: date.optional(),
    limit: z
      .enum(['merges', 'up-to-date-merges'], fixed('Write `merges` or `up-to-date-merges`, or leave `limit` out.'))
      .optional(),
  })
  .refine(
    (entry) => (entry.openpgp ?? entry.ssh ?? entry.x509) !== undefined,
    fixed(
      'A signatory needs keys: add `openpgp: <file or folder>`, `ssh: "<public key>"` or `x509: { issuer: …, identity: … }`.',
    ),
  )
  .refine(
    (entry) => !entry.matchEmail || entry.emails.length > 0,
    fixed('`matchEmail` compares with `emails`: list at least one.'),
  );

const MAX_EXCEPTIONS = 200;
const MAX_COMPROMISED_KEYS = 1000;
const fewExceptions = fixed(
  `List at most ${MAX_EXCEPTIONS} commits; where many are at fault, move the anchor with \`headlock unlock\`.`,
);
const reason = z
  .string(fixed('Say why: write `reason: "…"`.'))
  .min(1, fixed('Say why: the reason stands in the audit trail.'))
  .max(100, fixed('A reason has at most 100 characters.'));
const commitId = z
  .string(fixed('Write the full commit id in quotes.'))
  .refine(isOid, fixed('Write the full commit id: 40 or 64 lower-case hexadecimal digits.'));
const payloadSha256 = z
  .string(fixed('Write the SHA-256 in quotes.'))
  .regex(
    /^[0-9a-f]{64}$/,
    fixed(
      'Write the SHA-256 of the signed payload, 64 lower-case hexadecimal digits: `headlock verify --output json` prints it.',
    ),
  );
const denied = z
  .strictObject({ commit: commitId.optional(), payloadSha256: payloadSha256.optional(), reason })
  .transform(({ commit, payloadSha256: payload, reason: why }, context): DeniedCommit => {
    if (commit !== undefined && payload === undefined) return { commit, reason: why };
    if (payload !== undefined && commit === undefined) return { payloadSha256: payload, reason: why };
    context.addIssue({
      code: 'custom',
      message: 'Name either `commit` or `payloadSha256`, in an entry of its own each.',
    });
    return z.NEVER;
  });

const SSH_FINGERPRINT = /^SHA256:[A-Za-z0-9+/]{43}$/;
const OPENPGP_FINGERPRINT = /^(?:[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})$/;
const fingerprint = z
  .string(fixed('Write the fingerprint in quotes.'))
  .transform((text) => (text.startsWith('SHA256:') ? text : text.replace(/^0x| /g, '').toLowerCase()))
  .refine(
    (text) => SSH_FINGERPRINT.test(text) || OPENPGP_FINGERPRINT.test(text),
    fixed(
      'Write a whole fingerprint: `gpg --list-keys` prints one of OpenPGP, `ssh-keygen -l` one of SSH (`SHA256:…`).',
    ),
  );

export const repositorySchema = z
  .strictObject({
    name: z
      .string(fixed('Write a name.'))
      .refine(
        isRepositoryName,
        fixed('A repository name has lower-case letters, digits, `.`, `_` and `-`, and starts with a letter or digit.'),
      ),
    url: urlSchema,
    provider: z.enum(PROVIDERS, fixed(`Write one of ${PROVIDERS.map((provider) => `\`${provider}\``).join(', ')}.`)),
    credentials: credentialsSchema.optional(),
    webhook: secretRef.optional(),
    commitStatus: commitStatusSchema.optional(),
    certificateAuthority: filePath('a PEM file of authorities').optional(),
    apiUrl: apiUrl.optional(),
    branches: z.array(branch, fixed('List the branches to guard.')).default([]),
    tags: z
      .array(tag, fixed('List `{ pattern: …, verify: … }`.'))
      .max(MAX_TAG_PATTERNS, fixed(`List at most ${MAX_TAG_PATTERNS} patterns.`))
      .default([]),
    signatories: z
      .array(signatorySchema, fixed('List who is trusted.'))
      .min(1, fixed('List at least one signatory: without one nothing can be trusted.')),
    accepted: z
      .array(z.strictObject({ commit: commitId, reason }), fixed('List `{ commit: …, reason: … }`.'))
      .max(MAX_EXCEPTIONS, fewExceptions)
      .default([]),
    denied: z
      .array(denied, fixed('List `{ commit: …, reason: … }` or `{ payloadSha256: …, reason: … }`.'))
      .max(MAX_EXCEPTIONS, fewExceptions)
      .default([]),
    compromisedKeys: z
      .array(fingerprint, fixed('List fingerprints.'))
      .max(MAX_COMPROMISED_KEYS, fixed(`List at most ${MAX_COMPROMISED_KEYS} keys.`))
      .default([]),
  })
  .refine(
    ({ branches, tags }) => branches.length + tags.length > 0,
    fixed('List at least one branch under `branches:`, or a pattern under `tags:`.'),
  )
  .superRefine(checkTransport);

/** The shape of `headlock.yaml` (interfaces, part 1). Every message says how to mend what it finds. */
export const policyFileSchema = z.strictObject({
  apiVersion: z.literal('headlock/v1', fixed('Write `apiVersion: headlock/v1`.')),
  verifier: z.url(
    fixed("Write this installation's name as a URL, for example https://headlock.example.com/production."),
  ),
  apps: z.array(appSchema, fixed('List the GitHub Apps that fetch repositories.')).default([]),
  repositories: z
    .array(repositorySchema, fixed('List the repositories to guard.'))
    .min(1, fixed('List at least one repository.')),
});
