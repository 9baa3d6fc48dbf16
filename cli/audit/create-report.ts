import type { BranchLimits } from '../../shared/model/limits.ts';
import type { Oid } from '../../shared/model/oid.ts';
import type { KeyTime, UnixSeconds } from '../../shared/model/signatory.ts';
import type { Verdict } from '../../shared/model/verdict.ts';
import { describeKey } from '../../shared/signatures/describe-key.ts';
import type { AuditProposal, AuditReport, KeyCandidate, OutcomeCounts } from './audit-report.ts';
import { firstParentChain, parentsOutside } from './history-lines.ts';
import { isoTime } from './iso-time.ts';
import { judgeTable, type ProofTable } from './proof-table.ts';
import type { ProposedSignatory } from './propose-signatories.ts';
import { describeAnchor, nameKeyPaths, renderBranches, renderSignatories } from './render-policy.ts';
import { ruleOfLock } from './rule-of-lock.ts';
import { prepareTrials, type RunTrials, type Trial } from './run-trials.ts';
import { createForgeIndex, type SignerUse } from './signers.ts';
import {
  countOutcomes,
  countSignatures,
  findUnsignedRanges,
  summarizeBots,
  summarizeForges,
  summarizeRefusals,
} from './summarize-history.ts';
import { summarizeKeys } from './summarize-keys.ts';
import type { Survey } from './survey.ts';

export interface ReportInput {
  readonly location: string;
  readonly branch: string;
  readonly tip: Oid;
  readonly from: Oid | null;
  readonly survey: Survey;
  readonly signers: readonly SignerUse[];
  readonly signatories: readonly ProposedSignatory[];
  readonly table: ProofTable;
  readonly candidates: readonly KeyCandidate[];
  readonly problems: readonly string[];
  readonly limits: BranchLimits;
  readonly now: UnixSeconds;
  readonly fetchCommand: (use: SignerUse) => string | null;
}

/** All that an audit tells, from what was read and proven. */
export function createReport(input: ReportInput): AuditReport {
  const { location, branch, tip, from, survey, signers, signatories, table, candidates, problems, limits, now } = input;
  const { commits } = survey;
  const chain = firstParentChain(tip, from, commits);
  const start = chain.at(-1) as Oid;
  const hasForgeKey = signatories.some(({ forge }) => forge !== null);
  const judge = (keyTime: KeyTime, withForge: boolean) => judgeTable(table, keyTime, withForge, limits, now);
  const forgeOf = createForgeIndex(signers, signatories);
  const dates = [...commits.values()].map(({ committedAt }) => committedAt);
  const [firstDate, lastDate] = [dates.reduce(minimum, Infinity), dates.reduce(maximum, 0)];
  const forges = summarizeForges(commits, forgeOf);
  const run = prepareTrials({ tip, chain, graph: commits, collisions: survey.collisions });
  const { trials, outcomes, verdicts } = judgeAll(judge, run, hasForgeKey);
  return {
    ...{ location, branch, tip, from, start },
    shallow: from === null && parentsOutside(survey).size > 0,
    collisions: [...survey.collisions].toSorted(),
    commits: commits.size,
    merges: [...commits.values()].filter(({ parents }) => parents.length > 1).length,
    firstParentCommits: chain.filter((oid) => commits.has(oid)).length,
    first: isoTime(firstDate),
    last: isoTime(lastDate),
    signatures: countSignatures(commits.values()),
    outcomes,
    keys: summarizeKeys({
      commits,
      table,
      verdicts,
      signers,
      signatories,
      now,
      fetchCommand: input.fetchCommand,
    }),
    unsignedRanges: findUnsignedRanges(chain, commits),
    forges,
    bots: summarizeBots(commits.values(), forgeOf),
    refusals: summarizeRefusals(verdicts.values()),
    candidates,
    problems,
    trials: trials.map(({ lock, ...trial }) => ({
      ...trial,
      lock: lock === null ? null : { ...lock, rule: ruleOfLock(lock.reason) },
    })),
    proposal: propose(
      branch,
      tip,
      trials,
      signatories,
      renderSignatories(signatories, {
        forges,
        commits: commits.size,
        keyTime: 'first-seen',
        now,
        paths: nameKeyPaths(signatories, 'as found'),
      }),
    ),
  };
}

/** Each set of verdicts is made once and let go: there is one for each commit. */
function judgeAll(
  judge: (keyTime: KeyTime, withForge: boolean) => ReadonlyMap<Oid, Verdict>,
  run: RunTrials,
  hasForgeKey: boolean,
) {
  const trials: Trial[] = [];
  const count = (keyTime: KeyTime, withForge: boolean): OutcomeCounts => {
    const verdicts = judge(keyTime, withForge);
    trials.push(...run(verdicts, { keyTime, withForge }));
    return countOutcomes(verdicts.values());
  };
  const countAll = (withForge: boolean): AuditReport['outcomes'] => ({
    'first-seen': count('first-seen', withForge),
    signature: count('signature', withForge),
    ignore: count('ignore', withForge),
  });
  const outcomes = countAll(false);
  if (hasForgeKey) countAll(true);
  return { trials, outcomes, verdicts: judge('ignore', true) };
}

function minimum(one: number, other: number): number {
  return Math.min(one, other);
}

function maximum(one: number, other: number): number {
  return Math.max(one, other);
}

/** The strictest rules, which are the default, from the oldest anchor that holds with people's keys alone. */
function propose(
  branch: string,
  tip: Oid,
  trials: readonly Trial[],
  signatories: readonly ProposedSignatory[],
  signatoryLines: readonly string[],
): AuditProposal {
  const trial = trials.find(({ mode, keyTime, withForge }) => mode === 'all' && keyTime === 'first-seen' && !withForge);
  if (trial === undefined) throw new Error('A trial is missing.');
  const { mode, keyTime, anchor, verified } = trial;
  const lines = [
    ...renderBranches([{ branch, mode, keyTime, anchor, note: describeAnchor(anchor, tip, verified) }]),
    ...signatoryLines,
  ];
  return {
    ...{ mode, keyTime, anchor, verified },
    signatories: signatories
      .filter(({ forge }) => forge === null)
      .map(({ name, source, commits, compiled }) => ({
        name,
        source,
        commits,
        keys: [...new Set(compiled.keys.map(describeKey))],
      })),
    yaml: `${lines.join('\n')}\n`,
  };
}
