import { formatClaim } from '../../../shared/model/claim.ts';
import type { AuditedTrial, AuditReport } from '../../audit/audit-report.ts';
import { FORGE_NAMES } from '../../audit/forges.ts';
import { count } from '../count.ts';
import { type Cell, formatTable } from '../format-table.ts';
import type { Style } from '../style.ts';
import { indent } from './audit-text.ts';

const MAX_MESSAGE = 300;
const MAX_TOLD = 3;
const HEAD = ['MODE', 'KEYTIME', 'LOCKS ON', 'REASON', 'RULE', 'WOULD NOT LOCK FROM'];

/** What a branch would lock on, and from where it would not; the first offences in full. */
export function describeTrials(report: AuditReport, style: Style): readonly string[] {
  const people = report.trials.filter(({ withForge }) => !withForge);
  const withForge = report.trials.filter((trial) => trial.withForge);
  const names = report.keys.flatMap(({ forge, source }) =>
    forge === null || source === null ? [] : FORGE_NAMES[forge],
  );
  const title = `  and with the key of ${[...new Set(names)].join(' and ')} listed as well, without a limit (trust rule 3.5):`;
  const messages = new Set(
    people.flatMap(({ lock }) => (lock === null ? [] : `  ${formatClaim(lock.message, MAX_MESSAGE)}`)),
  );
  return [
    ...tabulateTrials(people, report, style),
    ...(withForge.length === 0 ? [] : [title, ...tabulateTrials(withForge, report, style)]),
    ...[...messages].slice(0, MAX_TOLD),
  ];
}

function tabulateTrials(trials: readonly AuditedTrial[], report: AuditReport, style: Style): readonly string[] {
  const head = HEAD.map((text) => ({ text, paint: style.dim }));
  const rows = mergeRows(trials.map((trial) => ({ ...trial, outcome: describeOutcome(trial, report, style) })));
  return indent(formatTable([head, ...rows]));
}

interface TrialRow extends Pick<AuditedTrial, 'mode' | 'keyTime'> {
  readonly outcome: readonly (string | Cell)[];
}

/** One row for all modes and `keyTime`s that come to the same. */
function mergeRows(trials: readonly TrialRow[]): readonly (readonly (string | Cell)[])[] {
  const textOf = ({ outcome }: TrialRow) =>
    outcome.map((cell) => (typeof cell === 'string' ? cell : cell.text)).join(' ');
  const byMode = [...Map.groupBy(trials, (row) => `${row.mode} ${textOf(row)}`).values()];
  const merged = byMode.map((rows) => ({ rows, keyTimes: joinAll(rows.map(({ keyTime }) => keyTime)) }));
  return [...Map.groupBy(merged, ({ rows, keyTimes }) => `${keyTimes} ${rows.map(textOf)[0]}`).values()].map((same) => {
    const [{ rows, keyTimes }] = same as [(typeof merged)[number]];
    const modes = same.flatMap((one) => one.rows[0]?.mode ?? []);
    return [joinAll(modes), keyTimes, ...(rows[0]?.outcome ?? [])];
  });
}

/** There are three of each. */
function joinAll(names: readonly string[]): string {
  return names.length === 3 ? 'any' : names.join(', ');
}

function describeOutcome(
  { lock, anchor, mode, verified }: AuditedTrial,
  { tip, start }: AuditReport,
  { green, red }: Style,
) {
  const judged = mode === 'head' ? 'the tip is judged' : `${count(verified, 'commit')}`;
  const where = anchor === tip && tip !== start ? 'the tip alone' : `${anchor.slice(0, 12)} (${judged})`;
  const outcome =
    lock === null
      ? [{ text: 'nothing', paint: green }, '', '']
      : [{ text: lock.commit?.slice(0, 12) ?? 'the branch', paint: red }, lock.reason, lock.rule];
  return [...outcome, where];
}
