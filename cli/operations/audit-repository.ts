import { HeadlockError } from '../../shared/model/headlock-error.ts';
import type { Oid } from '../../shared/model/oid.ts';
import type { X509Identity } from '../../shared/model/signatory.ts';
import { AUDIT_LIMITS } from '../audit/audit-limits.ts';
import type { AuditReport } from '../audit/audit-report.ts';
import { createReport } from '../audit/create-report.ts';
import { type FoundAnchor, findAnchor } from '../audit/find-anchor.ts';
import { keysUrlOfAddress, userOfAddress } from '../audit/forges.ts';
import { firstParentChain, hasCollidingParent } from '../audit/history-lines.ts';
import { judgeTable, signatoryOf } from '../audit/proof-table.ts';
import { type ProposedSignatory, proposeSignatories } from '../audit/propose-signatories.ts';
import type { BranchRules } from '../audit/render-policy.ts';
import type { CertifiedIdentity } from '../audit/signer.ts';
import { listSigners, type SignerUse } from '../audit/signers.ts';
import { createSurvey, type Survey } from '../audit/survey.ts';
import type { Settings } from '../command-context.ts';
import type { CompileKeyFiles } from '../policy/certificate-cache.ts';
import { askForge, type Forge } from './ask-forge.ts';
import { compileKeys, findCandidates, readKeyPaths } from './find-keys.ts';
import { type History, openHistory } from './open-history.ts';
import { proveHistory } from './prove-history.ts';

export interface AuditRequest {
  readonly location: string;
  /** Null for the one that HEAD names, or `main`, or `master`. */
  readonly branch: string | null;
  readonly from: Oid | null;
  /** Files and folders of keys. */
  readonly keyPaths: readonly string[];
  /** Null where no forge is to be asked. */
  readonly forge: ((history: History) => Forge) | null;
  /** Names at the forge, besides those that the commits' addresses tell. */
  readonly users: readonly string[];
  readonly compile: CompileKeyFiles;
  readonly settings: Settings;
  readonly now: Date;
  /** How many signatures are verified at once. */
  readonly inFlight: number;
  readonly onProgress: (what: string, done: number, total: number | null) => void;
}

export interface Audit {
  readonly report: AuditReport;
  /** Those of the proposal, and forges. */
  readonly signatories: readonly ProposedSignatory[];
  readonly history: History;
  /** The oldest anchor that holds by these rules, where these signatories alone are listed. */
  anchorFor(chosen: readonly ProposedSignatory[], rules: BranchRules): FoundAnchor;
}

/**
 * Goes over a repository's history twice: who signed it, and, with the keys that were found for these, what they prove.
 * @throws HeadlockError
 */
export async function auditRepository(request: AuditRequest): Promise<Audit> {
  const { from, settings, now } = request;
  const keyFiles = await readKeyPaths(request.keyPaths);
  const history = await openHistory(request.location, AUDIT_LIMITS, settings);
  const { branch, tip } = await history.findTip(request.branch);
  const survey = await surveyHistory(history, tip, request);
  const signers = listSigners(survey.commits.values());

  const forge = request.forge?.(history) ?? null;
  const asked =
    forge === null ? { served: [], problems: [] } : await askForge(forge, askAbout(survey, signers, request));
  const found = await compileKeys([...keyFiles, ...asked.served], signers, request.compile);
  const identities = await readIdentities(signers);
  const signatories = proposeSignatories(signers, found, identities);
  const table = await proveHistory(history, { want: tip, have: from }, { survey, signatories, signers }, request);
  const candidates = history.path === null ? [] : await findCandidates(history.path, tip, settings.searchPath, signers);
  const nowSeconds = Math.floor(now.getTime() / 1000);
  const report = createReport({
    ...{ location: request.location, branch, tip, from, survey, signers, signatories, table, candidates },
    problems: [...found.problems, ...asked.problems],
    limits: AUDIT_LIMITS,
    now: nowSeconds,
    fetchCommand,
  });
  const anchorFor = (chosen: readonly ProposedSignatory[], { mode, keyTime }: BranchRules): FoundAnchor => {
    const names = new Set(chosen.map(({ name }) => name));
    const verdicts = judgeTable(table, keyTime, true, AUDIT_LIMITS, nowSeconds);
    const isVerified = (oid: Oid) =>
      names.has(signatoryOf(verdicts.get(oid)) ?? '') && !hasCollidingParent(oid, survey);
    return findAnchor(mode, firstParentChain(tip, from, survey.commits), survey.commits, isVerified);
  };
  return { report, signatories, history, anchorFor };
}

async function surveyHistory(history: History, tip: Oid, { from, onProgress }: AuditRequest): Promise<Survey> {
  const survey = createSurvey(AUDIT_LIMITS);
  onProgress('Reading commits', 0, null);
  const collisions = await history.visit({ want: tip, have: from }, (oid, raw) => {
    survey.add(oid, raw);
    if (survey.commits.size % 500 === 0) onProgress('Reading commits', survey.commits.size, null);
    return undefined;
  });
  for (const oid of collisions) survey.collisions.add(oid);
  if (survey.commits.has(tip)) return survey;
  const why = collisions.has(tip)
    ? `The tip ${tip} was made by a SHA-1 collision attack: find out who made it.`
    : from === null
      ? `The tip ${tip} is not sent. Try again.`
      : `Nothing is behind ${tip} that is not behind ${from}. Give an older commit with --from.`;
  throw new HeadlockError('nothing_to_audit', why, { kind: 'input' });
}

/** Users whom the addresses of signers tell; those who signed nothing have no key to be asked for. */
function askAbout(survey: Survey, signers: readonly SignerUse[], { users, onProgress }: AuditRequest) {
  const told = new Map<string, number>();
  for (const { author, committer, signer } of survey.commits.values()) {
    if (signer === null) continue;
    for (const email of new Set([author.email, committer.email])) {
      const user = userOfAddress(email);
      if (user !== null) told.set(user, (told.get(user) ?? 0) + 1);
    }
  }
  const byCommits = [...told].sort(([, one], [, other]) => other - one).map(([user]) => user);
  const signs = (format: string) => signers.some(({ signer }) => signer.format === format);
  return {
    users: [...new Set([...users, ...byCommits])],
    openpgp: signs('openpgp'),
    ssh: signs('ssh'),
    onAsked: (done: number, total: number) => onProgress('Asking the forge for keys', done, total),
  };
}

/** Each proves its certificates by itself, which takes time to set up. */
const MAX_IDENTITIES = 500;

/** Those of Sigstore's public instance, the most frequent first. */
async function readIdentities(signers: readonly SignerUse[]): Promise<ReadonlyMap<CertifiedIdentity, X509Identity>> {
  const found = new Map<CertifiedIdentity, X509Identity>();
  const named = signers.flatMap(({ signer }) => signer.identity ?? []).slice(0, MAX_IDENTITIES);
  if (named.length === 0) return found;
  // Loaded where it is needed: Sigstore's library is large.
  const { readShippedRoot } = await import('../policy/read-x509.ts');
  const trustedRoot = await readShippedRoot();
  for (const one of named) {
    const { identity, issuer } = one;
    if (issuer === null) continue;
    const trust = { kind: 'sigstore', issuer, trustedRoot } as const;
    found.set(one, { format: 'x509', fingerprint: `${identity} (${issuer})`, identity, isPattern: false, trust });
  }
  return found;
}

/** By which the key would be looked for, to be checked with its owner. */
function fetchCommand({ signer, committers, forge }: SignerUse): string | null {
  if (signer.format !== 'openpgp' || signer.id === null) return null;
  const [told] = committers.flatMap(({ person }) => keysUrlOfAddress(person.email) ?? []);
  const url = forge === 'github' ? 'https://github.com/web-flow.gpg' : told;
  if (url !== undefined) return `curl -fsS ${url} | gpg --show-keys`;
  return `gpg --keyserver hkps://keys.openpgp.org --recv-keys ${signer.id.toUpperCase()}`;
}
