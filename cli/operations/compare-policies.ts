import { hash } from 'node:crypto';
import { type BranchLimits, DEFAULT_BRANCH_LIMITS } from '../../shared/model/limits.ts';
import type {
  BranchPolicy,
  CommitStatusPolicy,
  DeniedCommit,
  GitCredentials,
  GitHubApp,
  RepositoryPolicy,
  TagPolicy,
} from '../../shared/model/policy.ts';
import type {
  MergeLimit,
  Signatory,
  SigningKey,
  SshKey,
  SshRevocations,
  UnixSeconds,
  X509Trust,
} from '../../shared/model/signatory.ts';

/** One difference between two policies, for people. */
export interface Difference {
  readonly sign: '+' | '-' | '~';
  readonly text: string;
}

export interface ComparedPolicy {
  readonly policy: RepositoryPolicy;
  readonly signatories: readonly Signatory[];
}

/** What changes from `former` to `next`; null is a repository that is not guarded. */
export function comparePolicies(former: ComparedPolicy | null, next: ComparedPolicy | null): readonly Difference[] {
  return [
    ...compareFields('', former && repositoryFields(former.policy), next && repositoryFields(next.policy)),
    ...compareNamed('branch', byName(former?.policy.branches), byName(next?.policy.branches), branchFields),
    ...compareNamed('tags', byPattern(former?.policy.tags), byPattern(next?.policy.tags), tagFields),
    ...compareNamed('signatory', byName(former?.signatories), byName(next?.signatories), signatoryFields),
  ];
}

/** Null is what an entry does not say. */
type Fields = Readonly<Record<string, string | null>>;

function repositoryFields(policy: RepositoryPolicy): Fields {
  const { url, provider, verifier, credentials, webhook, accepted, denied, compromisedKeys } = policy;
  const { commitStatus, certificateAuthority, apiUrl } = policy;
  return {
    url,
    provider,
    verifier,
    credentials: describeCredentials(credentials),
    'webhook secret': webhook?.secretRef ?? null,
    commitStatus: commitStatus && describeStatus(commitStatus),
    certificateAuthority: certificateAuthority && describeText(certificateAuthority),
    apiUrl,
    ...Object.fromEntries(accepted.map(({ commit, reason }) => [`accepted commit ${commit}`, `(${reason})`])),
    ...Object.fromEntries(denied.map((entry) => [describeDenied(entry), `(${entry.reason})`])),
    ...Object.fromEntries(compromisedKeys.map((key) => [`compromised key ${key}`, '(all its signatures are void)'])),
  };
}

function describeDenied(entry: DeniedCommit): string {
  return 'commit' in entry ? `denied commit ${entry.commit}` : `denied payload ${entry.payloadSha256}`;
}

function describeCredentials(credentials: GitCredentials | null): string | null {
  if (credentials === null) return null;
  if ('bearer' in credentials) return `bearer token in secret ${credentials.bearer.secretRef}`;
  if ('app' in credentials) return describeApp(credentials.app);
  if ('sshKey' in credentials) {
    const { sshKey, passphrase, knownHosts } = credentials;
    const locked = passphrase === null ? '' : ` with passphrase in secret ${passphrase.secretRef}`;
    return `SSH key in secret ${sshKey.secretRef}${locked}, known hosts ${describeText(knownHosts)}`;
  }
  return `${credentials.username} with secret ${credentials.password.secretRef}`;
}

function describeApp({ name, appId, privateKey, webhook, apiUrl }: GitHubApp): string {
  const told = webhook === null ? 'without webhook' : `webhook secret ${webhook.secretRef}`;
  return `app ${name} (${appId} at ${apiUrl}) with key in secret ${privateKey.secretRef}, ${told}`;
}

function describeStatus({ token }: CommitStatusPolicy): string {
  return token === null ? 'with the credentials of the repository' : `with secret ${token.secretRef}`;
}

/** With a digest, so that no other text of as many lines looks the same. */
function describeText(text: string): string {
  return `of ${text.trimEnd().split('\n').length} lines (${hash('sha256', text).slice(0, 16)})`;
}

function branchFields({ limits, ...branch }: BranchPolicy): Fields {
  const { mode, keyTime, anchor, enforcement, matchEmail, publishers } = branch;
  const raised = Object.entries(limits).filter(
    ([name, value]) => value !== DEFAULT_BRANCH_LIMITS[name as keyof BranchLimits],
  );
  const bounds = raised.map(([name, value]) => [`limits.${name}`, String(value)]);
  return {
    ...{ mode, keyTime, anchor, enforcement },
    matchEmail: matchEmail ? 'true' : null,
    publishers: publishers?.join(', ') ?? null,
    ...Object.fromEntries(bounds),
  };
}

function tagFields({ verify, keyTime }: TagPolicy): Fields {
  return { verify, keyTime };
}

/** Trust rule 3.5: what each limit leaves to whoever holds the key, a forge say. */
const MERGE_TRUST: Readonly<Record<MergeLimit, string>> = {
  merges: "this trusts the forge with the merge's content",
  'up-to-date-merges': 'nothing new can hide in such a merge',
};

function signatoryFields({
  emails,
  matchEmail,
  validFrom,
  validUntil,
  limit,
  keys,
  sshRevocations,
}: Signatory): Fields {
  return {
    emails: emails.length === 0 ? null : emails.join(', '),
    matchEmail: matchEmail ? 'true' : null,
    validFrom: validFrom === null ? null : formatTime(validFrom),
    validUntil: validUntil === null ? null : formatTime(validUntil),
    limit: limit === null ? null : `${limit} (${MERGE_TRUST[limit]})`,
    ...keyFields(keys),
    'SSH revocations': sshRevocations === undefined ? null : describeRevocations(sshRevocations),
  };
}

function formatTime(seconds: UnixSeconds): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}

function formatFingerprint({ format, fingerprint }: SigningKey): string {
  return format === 'openpgp' ? fingerprint.toUpperCase() : fingerprint;
}

function describeKey(key: SigningKey): string {
  if (key.format === 'ssh') return describeSshKey(key);
  if (key.format === 'x509') return describeTrust(key.trust);
  const parts = [
    key.signing && key.unusable === null ? 'signs' : 'does not sign',
    key.expires === null ? 'without expiry' : `expires ${formatTime(key.expires)}`,
    key.revocation === null ? '' : key.revocation.kind === 'hard' ? 'revoked, all signatures void' : 'retired',
    key.unusable ?? '',
  ];
  return parts.filter((part) => part !== '').join(', ');
}

/** One key may stand in several lines, under the conditions of each. */
function keyFields(keys: readonly SigningKey[]): Fields {
  const groups = Map.groupBy(keys, formatFingerprint);
  return Object.fromEntries(
    [...groups].map(([fingerprint, group]) => [`key ${fingerprint}`, group.map(describeKey).join('; or ')]),
  );
}

/** With digests, so that other authorities never look the same. */
function describeTrust(trust: X509Trust): string {
  const digest = hash('sha256', JSON.stringify(trust)).slice(0, 16);
  if (trust.kind === 'sigstore') return `certified by Sigstore (${digest})`;
  return `certified by ${trust.certificates.length} authorities, stamped by ${trust.timestampAuthorities.length} (${digest})`;
}

/** With a digest, so that no other list of that length looks the same. */
function describeRevocations(revocations: SshRevocations): string {
  const { fingerprints, certificates } = revocations;
  const digest = hash('sha256', JSON.stringify(revocations)).slice(0, 16);
  return `keys: ${fingerprints.length}, lists of certificates: ${certificates.length} (${digest})`;
}

function describeSshKey({ type, principals, userVerification, validFrom, validUntil }: SshKey): string {
  const parts = [
    type,
    principals === undefined ? '' : `certificate authority for ${principals.join(', ')}`,
    userVerification === true ? 'with user verification' : '',
    validFrom === undefined ? '' : `from ${formatTime(validFrom)}`,
    validUntil === undefined ? '' : `until ${formatTime(validUntil)}`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}

function byName<T extends { readonly name: string }>(all: readonly T[] = []): ReadonlyMap<string, T> {
  return new Map(all.map((one) => [one.name, one]));
}

function byPattern(tags: readonly TagPolicy[] = []): ReadonlyMap<string, TagPolicy> {
  return new Map(tags.map((tag) => [tag.pattern, tag]));
}

function compareNamed<T>(
  what: string,
  former: ReadonlyMap<string, T>,
  next: ReadonlyMap<string, T>,
  fieldsOf: (one: T) => Fields,
): readonly Difference[] {
  return [...new Set([...former.keys(), ...next.keys()])].flatMap((name): readonly Difference[] => {
    const [before, after] = [former.get(name), next.get(name)];
    const title = `${what} ${name}`;
    if (before !== undefined && after === undefined) return [{ sign: '-', text: title }];
    const fields = compareFields(
      `${title}: `,
      before === undefined ? null : fieldsOf(before),
      after === undefined ? null : fieldsOf(after),
    );
    return before === undefined ? [{ sign: '+', text: title }, ...fields] : fields;
  });
}

function compareFields(prefix: string, former: Fields | null, next: Fields | null): readonly Difference[] {
  return [...new Set([...Object.keys(former ?? {}), ...Object.keys(next ?? {})])].flatMap((name): Difference[] => {
    const [before, after] = [former?.[name] ?? null, next?.[name] ?? null];
    if (before === after) return [];
    if (before === null) return [{ sign: '+', text: `${prefix}${name} ${after}` }];
    if (after === null) return [{ sign: '-', text: `${prefix}${name} ${before}` }];
    return [{ sign: '~', text: `${prefix}${name} ${before} → ${after}` }];
  });
}
