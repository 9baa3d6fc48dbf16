import type { Oid } from '../../shared/model/oid.ts';
import type { OpenPgpKey, UnixSeconds } from '../../shared/model/signatory.ts';
import type { CommitReason, Verdict } from '../../shared/model/verdict.ts';
import { describeOpenPgpId } from '../../shared/signatures/describe-key.ts';
import type { AuditedKey, DatedCommit } from './audit-report.ts';
import type { ForgeKind } from './forges.ts';
import { IN_SIGNATURES } from './found-key.ts';
import { isoTime } from './iso-time.ts';
import { type ProofTable, signatureOf } from './proof-table.ts';
import type { ProposedSignatory } from './propose-signatories.ts';
import type { Signer } from './signer.ts';
import { compare, type SignerUse } from './signers.ts';
import type { SurveyedCommit } from './survey.ts';

const SOON_SECONDS = 60 * 86_400;
const MAX_COMMITTERS = 5;

export interface KeySummaryInput {
  readonly commits: ReadonlyMap<Oid, SurveyedCommit>;
  readonly table: ProofTable;
  /** Of every commit, with the forge's key, as `keyTime: ignore` has it. */
  readonly verdicts: ReadonlyMap<Oid, Verdict>;
  readonly signers: readonly SignerUse[];
  readonly signatories: readonly ProposedSignatory[];
  readonly now: UnixSeconds;
  /** A command that would fetch a key that was not found. */
  readonly fetchCommand: (use: SignerUse) => string | null;
}

/** One row a key, the most used first. Signatures that name only a key id count for the key that it is the end of. */
export function summarizeKeys(input: KeySummaryInput): readonly AuditedKey[] {
  const { commits, signers, verdicts, table } = input;
  const idOf = createResolver(signers, input.signatories);
  const owners = new Map(input.signatories.flatMap((owner) => owner.signers.map((signer) => [signer, owner] as const)));
  const rows = new Map<string, Row>();
  for (const use of signers) {
    const key = `${use.signer.format} ${idOf(use.signer)}`;
    const row = rows.get(key);
    if (row === undefined) rows.set(key, createRow(use));
    else {
      row.uses.push(use);
      row.forge ??= use.forge;
    }
  }
  for (const commit of commits.values()) {
    const row = commit.signer === null ? undefined : rows.get(`${commit.signer.format} ${idOf(commit.signer)}`);
    if (row === undefined) continue;
    count(row, commit, verdicts.get(commit.oid), table);
  }
  return [...rows.values()]
    .map((row) => describe(row, idOf(row.uses[0]?.signer as Signer), owners, input))
    .sort((one, other) => other.commits - one.commits || compare(one.key ?? '', other.key ?? ''));
}

interface Row {
  readonly uses: SignerUse[];
  forge: ForgeKind | null;
  commits: number;
  verified: number;
  afterExpiry: number;
  readonly refused: Map<CommitReason, number>;
  first: SurveyedCommit | null;
  last: SurveyedCommit | null;
}

function createRow(use: SignerUse): Row {
  const none = { commits: 0, verified: 0, afterExpiry: 0, refused: new Map(), first: null, last: null };
  return { uses: [use], forge: use.forge, ...none };
}

function count(row: Row, commit: SurveyedCommit, verdict: Verdict | undefined, table: ProofTable): void {
  row.commits += 1;
  if (verdict?.outcome === 'verified') row.verified += 1;
  if (verdict?.outcome === 'refused') row.refused.set(verdict.reason, (row.refused.get(verdict.reason) ?? 0) + 1);
  if (row.first === null || commit.committedAt < row.first.committedAt) row.first = commit;
  if (row.last === null || commit.committedAt >= row.last.committedAt) row.last = commit;
  const proof = signatureOf(table.proofs.get(commit.oid));
  const [entry] = proof?.entries ?? [];
  const expires = entry?.key.format === 'openpgp' ? entry.key.expires : null;
  const signedAt = proof?.signedAt ?? null;
  if (expires !== null && signedAt !== null && signedAt >= expires) row.afterExpiry += 1;
}

/** The fingerprint behind a key id, by the keys that were found and by what other signatures name. */
function createResolver(
  signers: readonly SignerUse[],
  signatories: readonly ProposedSignatory[],
): (signer: Signer) => string | null {
  const byKeyId = new Map<string, string>();
  for (const { signer } of signers)
    if (signer.format === 'openpgp' && signer.id?.length === 40) byKeyId.set(signer.id.slice(-16), signer.id);
  for (const { certificates } of signatories)
    for (const { keys } of certificates) for (const { keyId, fingerprint } of keys) byKeyId.set(keyId, fingerprint);
  return ({ format, id }) => (format === 'openpgp' && id !== null ? (byKeyId.get(id) ?? id) : id);
}

function describe(
  row: Row,
  id: string | null,
  owners: ReadonlyMap<Signer, ProposedSignatory>,
  { now, fetchCommand }: KeySummaryInput,
): AuditedKey {
  const { uses, commits, verified, afterExpiry, refused, first, last } = row;
  const [{ signer }] = uses as [SignerUse];
  const owner = owners.get(signer) ?? null;
  const found = openPgpKeyOf(owner, id);
  const place = owner === null ? null : ((owner.certificates[0] ?? owner.sshKey)?.place ?? IN_SIGNATURES);
  const expires = found?.expires ?? null;
  return {
    format: signer.format,
    key: id !== null && signer.format === 'openpgp' ? describeOpenPgpId(id) : id,
    primaryKey: found === null ? null : describeOpenPgpId(found.primaryFingerprint),
    algorithm: signer.algorithm,
    source: place?.kind ?? null,
    location: place === null || place.location === '' ? null : place.location,
    owner: owner === null || place?.kind === 'signatures' ? null : owner.name,
    forge: owner?.forge ?? row.forge,
    expires: expires === null ? null : isoTime(expires),
    expiry: expires === null ? 'none' : expires <= now ? 'expired' : expires <= now + SOON_SECONDS ? 'soon' : 'later',
    commits,
    verified,
    refused: Object.fromEntries([...refused].sort(([one], [other]) => compare(one, other))),
    afterExpiry,
    first: dated(first),
    last: dated(last),
    committers: mergeCommitters(uses),
    fetch: owner === null && uses[0] !== undefined ? fetchCommand(uses[0]) : null,
  };
}

function openPgpKeyOf(owner: ProposedSignatory | null, id: string | null): OpenPgpKey | null {
  const keys = owner?.certificates[0]?.keys ?? [];
  const found = keys.find(({ fingerprint }) => fingerprint === id) ?? null;
  const primary = keys.find(({ fingerprint }) => fingerprint === found?.primaryFingerprint);
  // A subkey ends with its primary.
  const expires = [found?.expires, primary?.expires].filter((time) => time !== null && time !== undefined);
  return found === null ? null : { ...found, expires: expires.length === 0 ? null : Math.min(...expires) };
}

function dated(commit: SurveyedCommit | null): DatedCommit {
  if (commit === null) throw new Error('A key without commits.');
  return { commit: commit.oid, date: isoTime(commit.committedAt) };
}

function mergeCommitters(uses: readonly SignerUse[]): AuditedKey['committers'] {
  const counts = new Map<object, { name: string; email: string; commits: number }>();
  for (const { person, commits } of uses.flatMap(({ committers }) => committers)) {
    const entry = counts.get(person) ?? { ...person, commits: 0 };
    entry.commits += commits;
    counts.set(person, entry);
  }
  return [...counts.values()].sort((one, other) => other.commits - one.commits).slice(0, MAX_COMMITTERS);
}
