import { type Document, isMap, isNode, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { type FindLine, findPolicyProblems } from './find-policy-problems.ts';
import { DEFAULT_BRANCH_LIMITS, MAX_POLICY_BYTES } from './limits.ts';
import type { CommitStatusPolicy, GitCredentials, RepositoryPolicy, SshCredentials } from './policy.ts';
import { PolicyError, type PolicyProblem } from './policy-error.ts';
import { policyFileSchema, type repositorySchema, signatorySchema } from './policy-schema.ts';
import type { MergeLimit, UnixSeconds } from './signatory.ts';

/** The line of a part of an entry, from 1: `['branches', 0, 'anchor']`; without a path, of the entry itself. */
export type LineOf = (path?: readonly PropertyKey[]) => number;

/** A signatory as the file names it: its keys are still paths and lines. */
export interface SignatoryEntry {
  readonly name: string;
  readonly emails: readonly string[];
  readonly matchEmail: boolean;
  /** A file or folder of OpenPGP certificates, relative to the policy file. */
  readonly openpgp: string | null;
  readonly ssh: SshEntry | null;
  readonly x509: X509Entry | null;
  readonly validFrom: UnixSeconds | null;
  readonly validUntil: UnixSeconds | null;
  readonly limit: MergeLimit | null;
  readonly lineOf: LineOf;
}

/** What a policy says of a signatory's SSH keys. */
export interface SshEntry {
  /** Public keys, as in a `.pub` file. */
  readonly keys: readonly string[];
  /** Public keys whose certificates count where they name one of the principals. */
  readonly certificateAuthority: readonly string[];
  readonly principals: readonly string[];
  /** The path of an `allowed_signers` file, relative to the policy file. */
  readonly allowedSigners: string | null;
  /** Likewise, of a revocation list, plain or a KRL. */
  readonly revocations: string | null;
  /** Whether every key must be a FIDO key that knows who touched it. */
  readonly userVerification: boolean;
}

/** What a policy says of a signatory's X.509 certificates. Paths are relative to the policy file. */
export interface X509Entry {
  /** Of an identity of Sigstore; null where the policy names authorities of its own. */
  readonly issuer: string | null;
  readonly trustedRoot: string | null;
  readonly certificateAuthority: string | null;
  readonly timestampAuthority: string | null;
  readonly identity: string;
  readonly isPattern: boolean;
}

/** A file that a policy names, relative to the policy file. */
export interface FileEntry {
  readonly path: string;
}

export type CredentialsEntry =
  | Exclude<GitCredentials, SshCredentials>
  | (Omit<SshCredentials, 'knownHosts'> & { readonly knownHosts: FileEntry });

/** A policy with the files of its transport yet to be read. */
export interface PolicyEntry extends Omit<RepositoryPolicy, 'credentials' | 'certificateAuthority'> {
  readonly credentials: CredentialsEntry | null;
  readonly certificateAuthority: FileEntry | null;
}

export interface RepositoryEntry {
  readonly policy: PolicyEntry;
  readonly signatories: readonly SignatoryEntry[];
  readonly lineOf: LineOf;
}

const DAY_SECONDS = 86_400;

/**
 * Reads a `headlock.yaml` (interfaces, part 1). `file` is its name in messages.
 * @throws PolicyError with every mistake, each with its line and the fix.
 */
export function parsePolicyFile(text: string, file: string): readonly RepositoryEntry[] {
  const { value, lineOf } = readDocument(text, file);
  const parsed = policyFileSchema.safeParse(value);
  if (!parsed.success)
    throw new PolicyError(parsed.error.issues.flatMap((issue) => describeIssue(issue, file, lineOf)));

  const problems = findPolicyProblems(parsed.data, file, lineOf);
  if (problems.length > 0) throw new PolicyError(problems);
  const { verifier, apps, repositories } = parsed.data;
  return repositories.map((entry, index) =>
    createEntry({ verifier, apps }, entry, (path = []) => lineOf(['repositories', index, ...path])),
  );
}

const signatoryLists = z.object({
  repositories: z.array(z.object({ signatories: z.array(z.unknown()).catch([]) }).catch({ signatories: [] })),
});

/**
 * The signatories of a policy file that are well formed each by itself, whatever is wrong with the rest: so that their keys
 * can be checked in the same run.
 */
export function listSignatories(text: string, file: string): readonly SignatoryEntry[] {
  const { value, lineOf } = readDocument(text, file);
  const lists = signatoryLists.safeParse(value).data?.repositories ?? [];
  return lists.flatMap(({ signatories }, index) =>
    signatories.flatMap((each, at) => {
      const entry = signatorySchema.safeParse(each).data;
      const place = ['repositories', index, 'signatories', at];
      return entry === undefined ? [] : [createSignatory(entry, (path = []) => lineOf([...place, ...path]))];
    }),
  );
}

/** @throws PolicyError where the text is too long or no YAML. */
function readDocument(text: string, file: string): { readonly value: unknown; readonly lineOf: FindLine } {
  if (Buffer.byteLength(text) > MAX_POLICY_BYTES) {
    throw new PolicyError([{ file, line: 1, message: `The file is larger than ${MAX_POLICY_BYTES} bytes. Split it.` }]);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    const problems = document.errors.map(({ pos, message }) => {
      return { file, line: lines.linePos(pos[0]).line, message: `This is no valid YAML: ${message}.` };
    });
    throw new PolicyError(problems);
  }
  const lineOf: FindLine = (path, key) => findLine(document, lines, path, key);
  return { value: toPlainValue(document, file), lineOf };
}

/** Aliases can make a small file endless: past a bound they are refused. */
function toPlainValue(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch {
    throw new PolicyError([
      { file, line: 1, message: 'The aliases of this file cannot be resolved. Write the values out.' },
    ]);
  }
}

function createEntry(
  { verifier, apps }: Pick<z.infer<typeof policyFileSchema>, 'verifier' | 'apps'>,
  entry: z.infer<typeof repositorySchema>,
  lineOf: LineOf,
): RepositoryEntry {
  const {
    branches,
    signatories,
    credentials,
    webhook = null,
    commitStatus,
    certificateAuthority,
    apiUrl = null,
    name: repositoryName,
    ...rest
  } = entry;
  return {
    policy: {
      ...rest,
      repository: repositoryName,
      verifier,
      credentials: credentials === undefined ? null : createCredentials(credentials, apps),
      webhook,
      commitStatus: createCommitStatus(commitStatus),
      certificateAuthority: certificateAuthority === undefined ? null : { path: certificateAuthority },
      apiUrl,
      branches: branches.map(({ limits, publishers = null, ...of }) => ({
        ...of,
        publishers,
        limits: { ...DEFAULT_BRANCH_LIMITS, ...withoutUndefined(limits) },
      })),
    },
    signatories: signatories.map((each, index) =>
      createSignatory(each, (path = []) => lineOf(['signatories', index, ...path])),
    ),
    lineOf,
  };
}

function createCredentials(
  credentials: NonNullable<z.infer<typeof repositorySchema>['credentials']>,
  apps: z.infer<typeof policyFileSchema>['apps'],
): CredentialsEntry {
  if ('sshKey' in credentials) {
    const { sshKey, passphrase = null, knownHosts } = credentials;
    return { sshKey, passphrase, knownHosts: { path: knownHosts } };
  }
  if (!('app' in credentials)) return credentials;
  const app = apps.find(({ name }) => name === credentials.app);
  if (app === undefined) throw new Error('An app that is not listed was found before.');
  const { provider, webhook = null, ...of } = app;
  return { app: { ...of, webhook } };
}

function createCommitStatus(
  status: z.infer<typeof repositorySchema>['commitStatus'] = false,
): CommitStatusPolicy | null {
  if (typeof status === 'boolean') return status ? { token: null } : null;
  return { token: status };
}

function createSignatory(entry: z.infer<typeof signatorySchema>, lineOf: LineOf): SignatoryEntry {
  const { ssh, x509, openpgp = null, limit = null, validFrom, validUntil, ...of } = entry;
  return {
    ...of,
    openpgp,
    limit,
    ssh: ssh === undefined ? null : createSsh(ssh),
    x509: x509 === undefined ? null : createX509(x509),
    validFrom: validFrom === undefined ? null : Date.parse(validFrom) / 1000,
    validUntil: validUntil === undefined ? null : endOf(validUntil),
    lineOf,
  };
}

function createSsh(ssh: NonNullable<z.infer<typeof signatorySchema>['ssh']>): SshEntry {
  const {
    keys = [],
    certificateAuthority = [],
    principals = [],
    allowedSigners = null,
    revocations = null,
    ...of
  } = ssh;
  return { ...of, keys, certificateAuthority, principals, allowedSigners, revocations };
}

function createX509(x509: NonNullable<z.infer<typeof signatorySchema>['x509']>): X509Entry {
  const { issuer = null, trustedRoot = null, certificateAuthority = null, timestampAuthority = null } = x509;
  const { identity, identityPattern = '' } = x509;
  return {
    ...{ issuer, trustedRoot, certificateAuthority, timestampAuthority },
    ...(identity === undefined ? { identity: identityPattern, isPattern: true } : { identity, isPattern: false }),
  };
}

/** A bare date counts to its end, UTC. */
function endOf(text: string): UnixSeconds {
  const start = Date.parse(text) / 1000;
  return text.includes('T') ? start : start + DAY_SECONDS;
}

function withoutUndefined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}

function describeIssue(issue: z.core.$ZodIssue, file: string, lineOf: FindLine): PolicyProblem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      file,
      line: lineOf(issue.path, key),
      message: `${placeOf(issue.path)}\`${key}\` is not known here. Correct its spelling or take it out.`,
    }));
  }
  return [{ file, line: lineOf(issue.path), message: `${placeOf(issue.path)}${issue.message}` }];
}

function placeOf(path: readonly PropertyKey[]): string {
  if (path.length === 0) return '';
  const text = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return `${text.slice(1)}: `;
}

/** The line of a path, or of the nearest thing above it that stands in the file. */
function findLine(document: Document, lines: LineCounter, path: readonly PropertyKey[], key?: string): number {
  for (let depth = path.length; depth >= 0; depth -= 1) {
    const node = depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true);
    if (!isNode(node)) continue;
    const pair = key !== undefined && isMap(node) ? node.items.find((item) => String(item.key) === key) : undefined;
    const start = (pair !== undefined && isNode(pair.key) ? pair.key : node).range?.[0];
    if (start !== undefined) return lines.linePos(start).line;
  }
  return 1;
}
