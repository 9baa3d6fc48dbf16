import { formatClaim } from '../../shared/model/claim.ts';
import { shortOid } from '../../shared/trust/offence.ts';
import type { AuditedKey, AuditedTrial, AuditReport, CommitSpan } from '../audit/audit-report.ts';
import { FORGE_NAMES } from '../audit/forges.ts';
import { count } from './count.ts';
import { type Cell, formatTable } from './format-table.ts';
import type { Style } from './style.ts';

/** Rows of one section; `--output json` has all. */
const MAX_ROWS = 20;
const MAX_MESSAGE = 150;

/** What an audit found, for people: sections with a title, those without content left out. */
export function describeAudit(report: AuditReport, style: Style): string {
  const sections: (readonly [string, readonly string[]])[] = [
    ['', describeSummary(report, style)],
    ['Keys', describeKeys(report, style)],
    ['Unsigned on the first-parent chain', describeRanges(report, style)],
    ['Made by a forge', describeForges(report)],
    ['Bots', describeBots(report, style)],
    ['Signatures that do not count, whatever the time', describeRefusals(report)],
    ['Key files in the repository (whoever pushes can change them: none was used)', describeCandidates(report, style)],
    ['Keys that could not be read', report.problems.slice(0, MAX_ROWS).map((problem) => `  ${problem}`)],
    [`If it were switched on at ${shortOid(report.start)} with these keys`, describeTrials(report, style)],
    ['To start from, in headlock.yaml', describeProposal(report, style)],
  ];
  return sections
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => [...(title === '' ? [] : [style.bold(title)]), ...lines].join('\n'))
    .join('\n\n');
}

function describeSummary(report: AuditReport, { bold, yellow }: Style): readonly string[] {
  const { branch, tip, commits, merges, firstParentCommits, first, last, signatures, outcomes } = report;
  const { openpgp, ssh, x509, unsigned, unreadable } = signatures;
  const signed = openpgp + ssh + x509;
  const kinds = [
    ...(openpgp > 0 ? [`${number(openpgp)} OpenPGP`] : []),
    ...(ssh > 0 ? [`${number(ssh)} SSH`] : []),
    ...(x509 > 0 ? [`${number(x509)} X.509`] : []),
  ].join(', ');
  const good = outcomes.ignore.verified ?? 0;
  return [
    `${bold(`${branch} at ${shortOid(tip)}`)}: ${count(commits, 'commit')} (${count(merges, 'merge')}, ${number(firstParentCommits)} on the first-parent chain), ${day(first)} to ${day(last)}`,
    `  signed    ${number(signed)} (${percent(signed, commits)})${kinds === '' ? '' : `: ${kinds}`}`,
    `  unsigned  ${number(unsigned)} (${percent(unsigned, commits)})`,
    ...(unreadable > 0 ? [`  malformed ${number(unreadable)}`] : []),
    `  proven    ${number(good)} (${percent(good, commits)}) by the people's keys that were found, expiry aside`,
    ...(report.shallow
      ? [yellow('  The clone is shallow: what is behind it is not audited. Run `git fetch --unshallow`.')]
      : []),
  ];
}

function describeKeys({ keys }: AuditReport, style: Style): readonly string[] {
  const { dim } = style;
  if (keys.length === 0) return [];
  const head = ['COMMITS', 'KEY', 'WHOSE', 'FIRST', 'LAST', 'NOTES'];
  const rows = keys
    .slice(0, MAX_ROWS)
    .map((key) => [
      number(key.commits).padStart(7),
      shortKey(key),
      whose(key),
      day(key.first.date),
      day(key.last.date),
      notesOf(key, style),
    ]);
  const missing = keys.filter(({ fetch }) => fetch !== null).slice(0, MAX_ROWS);
  return [
    ...indent(formatTable([head.map((text) => ({ text, paint: dim })), ...rows])),
    ...more(keys.length, 'key'),
    ...(missing.length === 0 ? [] : ['  To fetch those that were not found, then to be named with --keys:']),
    ...missing.map(({ key, fetch }) => `    ${fetch}${fetch?.includes(String(key).slice(2)) ? '' : dim(` (${key})`)}`),
  ];
}

function shortKey({ key, format }: AuditedKey): string {
  if (key === null) return `unnamed ${format}`;
  return format === 'ssh' ? `${key.slice(0, 22)}…` : key;
}

function whose({ owner, forge, committers }: AuditedKey): string {
  if (forge !== null) return FORGE_NAMES[forge];
  const [first] = committers;
  return owner ?? (first === undefined ? '' : `${formatClaim(first.name, 30)}?`);
}

function notesOf(
  { source, expiry, expires, afterExpiry, refused, algorithm, forge, format }: AuditedKey,
  { red, yellow }: Style,
): Cell {
  const wrong = Object.entries(refused).filter(([reason]) => source !== null || reason !== 'unknown_key');
  const notes = [
    ...(source === null ? ['key not found'] : []),
    ...(source === 'signatures' && forge === null && format === 'ssh' ? ['consistent, owner unknown'] : []),
    ...(expiry === 'expired' ? [`expired ${day(expires)}`] : []),
    ...(expiry === 'soon' ? [`expires ${day(expires)}`] : []),
    ...(afterExpiry > 0 ? [`${count(afterExpiry, 'commit')} signed after that`] : []),
    ...(algorithm?.includes(', ') ? [algorithm] : []),
    ...wrong.map(([reason, times]) => `${number(times)} ${reason}`),
  ];
  const isBad = wrong.length > 0 || expiry === 'expired';
  return { text: notes.join(', '), paint: isBad ? red : yellow };
}

function describeRanges(
  { unsignedRanges, signatures, firstParentCommits }: AuditReport,
  { dim }: Style,
): readonly string[] {
  if (unsignedRanges.length === 0) return [];
  const total = unsignedRanges.reduce((sum, { commits }) => sum + commits, 0);
  const rows = unsignedRanges
    .slice(-MAX_ROWS)
    .map((span) => [rangeOf(span), count(span.commits, 'commit'), days(span)]);
  const elsewhere = signatures.unsigned - total;
  return [
    ...indent(formatTable(rows)),
    ...(unsignedRanges.length > MAX_ROWS
      ? [`  and ${count(unsignedRanges.length - MAX_ROWS, 'older range')} (--output json has all)`]
      : []),
    dim(
      `  ${number(total)} of ${number(firstParentCommits)} on the chain${elsewhere > 0 ? `, and ${number(elsewhere)} on merged branches` : ''}`,
    ),
  ];
}

function rangeOf({ after, last }: CommitSpan): string {
  return after === null ? `..${last.slice(0, 12)}` : `${after.slice(0, 12)}..${last.slice(0, 12)}`;
}

function days({ firstDate, lastDate }: CommitSpan): string {
  return day(firstDate) === day(lastDate) ? day(firstDate) : `${day(firstDate)} to ${day(lastDate)}`;
}

function describeForges({ forges, commits }: AuditReport): readonly string[] {
  return forges.map(({ forge, commits: made, signed, merges, squashes, others }) => {
    const kinds = [
      ...(merges > 0 ? [count(merges, 'merge')] : []),
      ...(squashes > 0 ? [count(squashes, 'squash merge')] : []),
      ...(others > 0 ? [`${number(others)} rebased, edited on the web or made by bots`] : []),
    ].join(', ');
    const bySelf =
      signed === 0
        ? 'none of them signed by it'
        : `${number(signed)} signed by it (${percent(signed, commits)} of all): ${kinds}`;
    return `  ${FORGE_NAMES[forge]}  ${count(made, 'commit')}, ${bySelf}`;
  });
}

function describeBots({ bots }: AuditReport, { dim }: Style): readonly string[] {
  if (bots.length === 0) return [];
  const rows = bots
    .slice(0, MAX_ROWS)
    .map(({ name, email, commits, signed, signedByForge }) => [
      name,
      { text: email, paint: dim },
      count(commits, 'commit'),
      signed === 0
        ? 'unsigned'
        : `${number(signed)} signed${signedByForge === 0 ? '' : `, ${number(signedByForge)} of them by the forge`}`,
    ]);
  return [...indent(formatTable(rows)), ...more(bots.length, 'bot')];
}

function describeRefusals({ refusals }: AuditReport): readonly string[] {
  return refusals.flatMap(({ reason, rule, commits, message }) => [
    `  ${reason} (rule ${rule}): ${count(commits, 'commit')}`,
    `    ${formatClaim(message, MAX_MESSAGE)}`,
  ]);
}

function describeCandidates({ candidates }: AuditReport, { dim }: Style): readonly string[] {
  const rows = candidates
    .slice(0, MAX_ROWS)
    .map(({ path, keys, commits }) => [
      formatClaim(path, 60),
      keys.length === 0
        ? { text: 'none of its keys signed here', paint: dim }
        : `${count(commits, 'commit')} by ${keys.join(', ')}`,
    ]);
  return rows.length === 0 ? [] : [...indent(formatTable(rows)), ...more(candidates.length, 'file')];
}

function describeTrials(report: AuditReport, style: Style): readonly string[] {
  const { trials } = report;
  const people = trials.filter(({ withForge }) => !withForge);
  const withForge = trials.filter((trial) => trial.withForge);
  const names = [...new Set(report.forges.filter(({ signed }) => signed > 0).map(({ forge }) => FORGE_NAMES[forge]))];
  return [
    ...tabulate(people, report, style),
    ...(withForge.length === 0
      ? []
      : [
          `  and with the key of ${names.join(' and ')} listed without a limit (trust rule 3.5):`,
          ...tabulate(withForge, report, style),
        ]),
    ...describeFirstLocks(people),
  ];
}

function tabulate(
  trials: readonly AuditedTrial[],
  { tip, start }: AuditReport,
  { dim, green, red }: Style,
): readonly string[] {
  const head = ['MODE', 'KEYTIME', 'LOCKS ON', 'REASON', 'RULE', 'WOULD NOT LOCK FROM'];
  const rows = trials.map(({ mode, keyTime, lock, anchor, verified }) => {
    const where =
      anchor === tip && tip !== start ? 'the tip alone' : `${anchor.slice(0, 12)} (${count(verified, 'commit')})`;
    const outcome: (string | Cell)[] =
      lock === null
        ? [{ text: 'nothing', paint: green }, '', '']
        : [{ text: lock.commit?.slice(0, 12) ?? 'the branch', paint: red }, lock.reason, lock.rule];
    return [mode, keyTime, ...outcome, where];
  });
  return indent(formatTable([head.map((text) => ({ text, paint: dim })), ...rows]));
}

/** Each offence once, in full. */
function describeFirstLocks(trials: readonly AuditedTrial[]): readonly string[] {
  const messages = trials.flatMap(({ lock }) =>
    lock === null ? [] : [`  ${formatClaim(lock.message, 2 * MAX_MESSAGE)}`],
  );
  return [...new Set(messages)].slice(0, MAX_TOLD);
}

const MAX_TOLD = 3;

function describeProposal({ proposal }: AuditReport, { yellow }: Style): readonly string[] {
  const { signatories, yaml } = proposal;
  const advice =
    signatories.length === 0
      ? 'No key was found. Name key files with --keys, or ask the forge with --forge-keys.'
      : 'Keys were found, and are thereby not yet trusted: check each fingerprint with its owner, over a channel that the forge does not carry.';
  return [
    yellow(`  ${advice}`),
    ...yaml
      .trimEnd()
      .split('\n')
      .map((line) => `  ${line}`.trimEnd()),
  ];
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '0 %' : `${((100 * part) / whole).toFixed(1)} %`;
}

function day(time: string | null): string {
  return time?.slice(0, 10) ?? 'no date';
}

function indent(text: string): readonly string[] {
  return text.split('\n').map((line) => `  ${line}`);
}

function more(total: number, what: string): readonly string[] {
  return total > MAX_ROWS
    ? [`  and ${count(total - MAX_ROWS, `more ${what}`, `more ${what}s`)} (--output json has all)`]
    : [];
}
