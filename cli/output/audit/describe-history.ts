import { formatClaim } from '../../../shared/model/claim.ts';
import { shortOid } from '../../../shared/trust/offence.ts';
import type { AuditReport, CommitSpan } from '../../audit/audit-report.ts';
import { FORGE_NAMES } from '../../audit/forges.ts';
import { count } from '../count.ts';
import type { Style } from '../style.ts';
import { day, MAX_ROWS, number, percent, tabulate } from './audit-text.ts';

const MAX_MESSAGE = 150;
const MAX_PATH = 60;

export function describeSummary(report: AuditReport, { bold, yellow }: Style): readonly string[] {
  const { branch, tip, commits, merges, firstParentCommits, first, last, signatures, outcomes } = report;
  const { openpgp, ssh, x509, unsigned, unreadable } = signatures;
  const signed = openpgp + ssh + x509;
  const kinds = [
    ...(openpgp > 0 ? [`${number(openpgp)} OpenPGP`] : []),
    ...(ssh > 0 ? [`${number(ssh)} SSH`] : []),
    ...(x509 > 0 ? [`${number(x509)} X.509`] : []),
  ].join(', ');
  const good = outcomes.ignore.verified ?? 0;
  const byForge = report.keys.reduce((total, { forge, verified }) => total + (forge === null ? 0 : verified), 0);
  return [
    `${bold(`${branch} at ${shortOid(tip)}`)}: ${count(commits, 'commit')} (${count(merges, 'merge')}, ${number(firstParentCommits)} on the first-parent chain), ${day(first)} to ${day(last)}`,
    `  signed    ${number(signed)} (${percent(signed, commits)})${kinds === '' ? '' : `: ${kinds}`}`,
    `  unsigned  ${number(unsigned)} (${percent(unsigned, commits)})`,
    ...(unreadable > 0 ? [`  malformed ${number(unreadable)}`] : []),
    `  proven    ${number(good)} (${percent(good, commits)}) by people's keys that were found${byForge > 0 ? `, and ${number(byForge)} by a forge's own` : ''}; expiry aside`,
    ...(report.collisions.length > 0
      ? [yellow(`  made to collide: ${report.collisions.slice(0, MAX_ROWS).join(', ')} (SHA-1; trust rule 1.1)`)]
      : []),
    ...(report.shallow
      ? [yellow('  The clone is shallow: what is behind it is not audited. Run `git fetch --unshallow`.')]
      : []),
  ];
}

/** The newest of them. */
export function describeRanges(
  { unsignedRanges, signatures, firstParentCommits }: AuditReport,
  { dim }: Style,
): readonly string[] {
  if (unsignedRanges.length === 0) return [];
  const total = unsignedRanges.reduce((sum, { commits }) => sum + commits, 0);
  const rows = unsignedRanges.toReversed().map((span) => [rangeOf(span), count(span.commits, 'commit'), days(span)]);
  const elsewhere = signatures.unsigned - total;
  const others = elsewhere > 0 ? `, and ${number(elsewhere)} on merged branches` : '';
  return [...tabulate(rows, 'range'), dim(`  ${number(total)} of ${number(firstParentCommits)} on the chain${others}`)];
}

function rangeOf({ after, last }: CommitSpan): string {
  return `${after?.slice(0, 12) ?? ''}..${last.slice(0, 12)}`;
}

function days({ firstDate, lastDate }: CommitSpan): string {
  return day(firstDate) === day(lastDate) ? day(firstDate) : `${day(firstDate)} to ${day(lastDate)}`;
}

export function describeForges({ forges, commits }: AuditReport): readonly string[] {
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

export function describeBots({ bots }: AuditReport, { dim }: Style): readonly string[] {
  const rows = bots.map(({ name, email, commits, signed, signedByForge }) => {
    const byForge = signedByForge === 0 ? '' : `, ${number(signedByForge)} of them by the forge`;
    const signatures = signed === 0 ? 'unsigned' : `${number(signed)} signed${byForge}`;
    return [name, { text: email, paint: dim }, count(commits, 'commit'), signatures];
  });
  return tabulate(rows, 'bot');
}

export function describeRefusals({ refusals }: AuditReport): readonly string[] {
  return refusals.flatMap(({ reason, rule, commits, message }) => [
    `  ${reason} (rule ${rule}): ${count(commits, 'commit')}`,
    `    ${formatClaim(message, MAX_MESSAGE)}`,
  ]);
}

export function describeCandidates({ candidates }: AuditReport, { dim }: Style): readonly string[] {
  const rows = candidates.map(({ path, keys, commits }) => [
    formatClaim(path, MAX_PATH),
    keys.length === 0
      ? { text: 'none of its keys signed here', paint: dim }
      : `${count(commits, 'commit')} by ${keys.join(', ')}`,
  ]);
  return tabulate(rows, 'file');
}

export function describeProblems({ problems }: AuditReport): readonly string[] {
  return tabulate(
    problems.slice(0, MAX_ROWS).map((problem) => [problem]),
    'problem',
  );
}
