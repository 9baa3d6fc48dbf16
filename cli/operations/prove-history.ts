import type { FetchRequest } from '../../shared/git/commit-source.ts';
import type { Oid } from '../../shared/model/oid.ts';
import { createKeyring, type Keyring } from '../../shared/signatures/keyring.ts';
import { runChecks, runChecksInBackground } from '../../shared/signatures/signature-check.ts';
import { loadSigstore } from '../../shared/signatures/x509/load-sigstore.ts';
import { type ProvenCommit, proveCommit } from '../../shared/trust/judge-commit.ts';
import { AUDIT_LIMITS } from '../audit/audit-limits.ts';
import type { ProofTable } from '../audit/proof-table.ts';
import type { ProposedSignatory } from '../audit/propose-signatories.ts';
import { createForgeIndex, type SignerUse } from '../audit/signers.ts';
import type { Survey } from '../audit/survey.ts';
import type { AuditRequest } from './audit-repository.ts';
import type { History } from './open-history.ts';

export interface SurveyedSigners {
  readonly survey: Survey;
  readonly signers: readonly SignerUse[];
  readonly signatories: readonly ProposedSignatory[];
}

/** What the signatures of a surveyed history prove by the keys of these signatories. */
export async function proveHistory(
  history: History,
  range: FetchRequest,
  { survey: { commits, personOf }, signatories, signers }: SurveyedSigners,
  { inFlight, onProgress }: Pick<AuditRequest, 'inFlight' | 'onProgress'>,
): Promise<ProofTable> {
  const compiled = signatories.map((one) => one.compiled);
  await loadSigstore(compiled);
  const all = createKeyring(compiled);
  const people = createKeyring(signatories.filter(({ forge }) => forge === null).map((one) => one.compiled));
  const forgeOf = createForgeIndex(signers, signatories);
  const [proofs, withoutForge] = [new Map<Oid, ProvenCommit>(), new Map<Oid, ProvenCommit>()];
  const prove = (oid: Oid, raw: Uint8Array, ring: Keyring) => proveCommit(oid, raw, ring, AUDIT_LIMITS);
  const keep = (table: Map<Oid, ProvenCommit>, proven: ProvenCommit): void => {
    table.set(proven.oid, shareCommitter(proven, personOf));
  };
  const settle = async (proving: Promise<ProvenCommit>): Promise<void> => {
    keep(proofs, await proving);
    if (proofs.size % 200 === 0) onProgress('Proving signatures', proofs.size, commits.size);
  };
  const running: Promise<ProvenCommit>[] = [];
  await history.visit(range, (id, raw) => {
    const { oid = id, signer = null } = commits.get(id) ?? {};
    if (forgeOf(signer) !== null) keep(withoutForge, runChecks(prove(oid, raw, people)));
    const checks = prove(oid, raw, all);
    const proving = inFlight > 1 ? runChecksInBackground(checks) : Promise.resolve(runChecks(checks));
    proving.catch(() => {}); // Handled when its turn comes.
    running.push(proving);
    const first = running.length < inFlight ? undefined : running.shift();
    return first === undefined ? undefined : settle(first);
  });
  for (const proving of running) await settle(proving);
  return { proofs, withoutForge };
}

/** What is read from a commit would keep all of its text in memory: one object stands for each committer. */
function shareCommitter(proven: ProvenCommit, personOf: Survey['personOf']): ProvenCommit {
  if (proven.committer === null) return proven;
  const { seconds } = proven.committer;
  return { ...proven, committer: { ...personOf(proven.committer), seconds } };
}
