import type { z } from 'zod';

/** What an editor is told of a field beside what the schema says. */
export interface FieldNote {
  readonly description: string;
  readonly pattern?: string;
  /** The forms in which it may be written, where the schema knows what they are read as alone. */
  readonly anyOf?: z.core.JSONSchema.BaseSchema[];
}

const OID = '^([0-9a-f]{40}|[0-9a-f]{64})$';
/** One line, or a list of them. */
export const LINES: readonly z.core.JSONSchema.BaseSchema[] = [
  { type: 'string' },
  { type: 'array', items: { type: 'string' }, minItems: 1 },
];

const BRANCH: Readonly<Record<string, FieldNote>> = {
  name: { description: 'Without `refs/heads/`.' },
  mode: {
    description:
      'Which commits must verify: every new one (`all`), those of the first-parent chain, or the newest alone (`head`: weak).',
  },
  anchor: {
    description: 'The full id of the commit at which trust starts. It is read once; `headlock unlock` moves it later.',
    pattern: OID,
  },
  enforcement: { description: '`report` is a dry run: locks are told and hold nothing back.' },
  keyTime: {
    description:
      'When a key must be valid: when signed and when first seen, when signed alone, or whenever (`ignore` looks past expiry).',
  },
  matchEmail: { description: "Whether the committer's e-mail must be one of the signatory's `emails`." },
  publishers: { description: 'The signatories of whom one must have signed what is published. Left out: all.' },
  limits: { description: 'Bounds past which nothing is trusted.' },
  'limits.commits': { description: 'Commits walked in one decision.' },
  'limits.packBytes': { description: 'Bytes of one pack as it arrives.' },
  'limits.objectBytes': { description: 'Bytes of one object.' },
  'limits.signatureBytes': { description: 'Bytes of one signature.' },
  'limits.parents': { description: 'Parents of one commit.' },
};

const SIGNATORY: Readonly<Record<string, FieldNote>> = {
  name: { description: 'Of a person or bot. Verdicts and `publishers` name it.' },
  emails: { description: 'Addresses, for `matchEmail` and `allowedSigners`.' },
  matchEmail: { description: "Whether the committer's e-mail must be one of `emails`." },
  openpgp: { description: 'A file or folder of OpenPGP certificates, from this file on.' },
  ssh: { description: 'One SSH public key as in a `.pub` file, a list of them, or the forms with names.' },
  'ssh.keys': { description: 'SSH public keys as in `.pub` files.', anyOf: [...LINES] },
  'ssh.certificateAuthority': {
    description: 'SSH keys whose certificates count; needs `principals`.',
    anyOf: [...LINES],
  },
  'ssh.principals': { description: 'The principals of whom a certificate must name one.' },
  'ssh.allowedSigners': { description: 'The path of an `allowed_signers` file.' },
  'ssh.revocations': { description: 'The path of a revocation list: keys, fingerprints, or a KRL.' },
  'ssh.userVerification': { description: 'Whether a security key must have asked for its PIN or a fingerprint.' },
  x509: { description: 'An identity, by Sigstore (`issuer`) or by authorities of your own.' },
  'x509.issuer': { description: 'Who vouches for the identity to Sigstore: `https://accounts.google.com`, say.' },
  'x509.trustedRoot': { description: 'The path of a `trusted_root.json`, in place of the one of the public instance.' },
  'x509.certificateAuthority': { description: 'The path of a PEM file of authorities; needs `timestampAuthority`.' },
  'x509.timestampAuthority': { description: 'The path of a PEM file of authorities whose time stamps count.' },
  'x509.identity': { description: 'The whole of an e-mail address or URI of the certificate.' },
  'x509.identityPattern': { description: 'A regular expression for the whole of one.' },
  validFrom: { description: 'No key of the signatory counts before: a day or a time, in UTC.' },
  validUntil: { description: 'No key of the signatory counts after: the end of a day, or a time, in UTC.' },
  limit: { description: 'The merges on which alone the signatures count: for the key of a forge.' },
};

const REPOSITORY: Readonly<Record<string, FieldNote>> = {
  name: { description: 'Unique; agents and commands name it.', pattern: '^[a-z0-9][a-z0-9._-]{0,99}$' },
  url: { description: 'Where it is fetched from: `https://host/path.git` or `ssh://git@host/path.git`.' },
  provider: { description: 'Whose webhooks are understood.' },
  credentials: { description: 'By which it is fetched, where it is not public.' },
  'credentials.username': { description: '`x-access-token` at GitHub, `oauth2` at GitLab.' },
  'credentials.password': { description: 'Stored with `headlock secret set NAME --purpose git`.' },
  'credentials.bearer': { description: 'Stored with `headlock secret set NAME --purpose git`.' },
  'credentials.app': { description: 'The name of an app under `apps`.' },
  'credentials.sshKey': { description: 'A deploy key, stored with `headlock secret set NAME --purpose git`.' },
  'credentials.passphrase': { description: 'Of the key, stored with `headlock secret set NAME --purpose git`.' },
  'credentials.knownHosts': { description: 'The path of a `known_hosts` file with the host keys of the server.' },
  webhook: { description: 'The secret of its push webhook, stored with `headlock secret set NAME --purpose webhook`.' },
  commitStatus: {
    description:
      'Whether the forge is told what was decided of a commit: with the credentials of the repository, or with a token stored with `headlock secret set NAME --purpose status`.',
  },
  certificateAuthority: {
    description: 'The path of a PEM file of authorities that are trusted for this forge beside the public ones.',
  },
  apiUrl: { description: "The base of the forge's REST API, where `url` does not tell it." },
  branches: { description: 'The branches to guard.' },
  ...under('branches', BRANCH),
  tags: { description: 'The tags to guard, by pattern: the first verified object of a name is final.' },
  'tags.pattern': { description: 'Without `refs/tags/`, with `*` for any characters.' },
  'tags.verify': { description: "Whether the signature of the tagged commit is asked for beside the tag's own." },
  'tags.keyTime': { description: 'As of a branch.' },
  signatories: { description: 'Who is trusted. Nobody else is.' },
  ...under('signatories', SIGNATORY),
  accepted: { description: 'Commits for which an operator vouches, whatever their signature is worth.' },
  'accepted.commit': { description: 'A full commit id.', pattern: OID },
  'accepted.reason': { description: 'Kept in the audit trail.' },
  denied: { description: 'Commits that are never trusted. Wins over `accepted`.' },
  'denied.commit': { description: 'A full commit id; `payloadSha256` finds it under other ids too.', pattern: OID },
  'denied.payloadSha256': { description: 'Of the signed payload: `headlock explain` prints it.' },
  'denied.reason': { description: 'Kept in the audit trail.' },
  compromisedKeys: { description: 'Fingerprints of keys and authorities whose signatures are all void.' },
};

const APP: Readonly<Record<string, FieldNote>> = {
  name: { description: 'Unique among apps and repositories: the forge calls `/webhooks/NAME`.' },
  provider: { description: 'Whose app it is.' },
  appId: { description: 'The app id or the client id, as the settings of the app show them.' },
  privateKey: { description: 'Stored with `headlock secret set NAME --purpose app`.' },
  webhook: {
    description: 'The secret of the webhook of the app, stored with `headlock secret set NAME --purpose webhook`.',
  },
  apiUrl: { description: '`https://HOST/api/v3` at GitHub Enterprise Server. Left out: the one of github.com.' },
};

/** Of every field of `headlock.yaml` by its path, whatever is a list: `repositories.branches.mode`. */
export const FIELD_NOTES: Readonly<Record<string, FieldNote>> = {
  apiVersion: { description: 'The version of this format.' },
  verifier: { description: "This installation's name in its statements, as a URL." },
  apps: { description: 'GitHub Apps that fetch repositories, each with one webhook for all of them.' },
  ...under('apps', APP),
  repositories: { description: 'What is guarded, and by whom it may be changed.' },
  ...under('repositories', REPOSITORY),
};

/** The names of secrets are alike wherever they stand. */
export const SECRET_REF: FieldNote = { description: 'The name of a sealed secret.' };

function under(parent: string, fields: Readonly<Record<string, FieldNote>>): Readonly<Record<string, FieldNote>> {
  return Object.fromEntries(Object.entries(fields).map(([name, note]) => [`${parent}.${name}`, note]));
}
