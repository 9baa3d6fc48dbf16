import type { Verdict } from '../../shared/model/verdict.ts';
import { shortOid } from '../../shared/trust/offence.ts';
import type { VerifiedRepository } from '../operations/verify-repository.ts';
import { subjectOf } from './commit-subject.ts';
import { count } from './count.ts';
import { formatTable } from './format-table.ts';
import type { Style } from './style.ts';

/** With more commits than this, only those that no accepted signature proves are shown, and of these no more than that. */
const MANY_COMMITS = 50;

export interface VerificationView {
  /** Shows every commit, however many there are. */
  readonly verbose: boolean;
  readonly milliseconds: number;
  readonly style: Style;
}

/** What was found of a branch, for people: the commits, the oldest first, then the decision. */
export function describeVerification(branch: string, found: VerifiedRepository, view: VerificationView): string {
  return [...describeCommits(found, view), ...describeDecision(branch, found, view)].join('\n');
}

function describeCommits({ verdicts, commits }: VerifiedRepository, { verbose, style }: VerificationView): string[] {
  const isLong = verdicts.length > MANY_COMMITS && !verbose;
  const chosen = isLong ? verdicts.filter((verdict) => verdict.outcome === 'refused' || isAccepted(verdict)) : verdicts;
  const shown = isLong ? chosen.slice(0, MANY_COMMITS) : chosen;
  if (shown.length === 0) return [];
  const rows = shown.map((verdict) => describeVerdict(verdict, commits, style));
  const hidden = chosen.length - shown.length;
  const more =
    hidden === 0
      ? []
      : [style.dim(`  … and ${count(hidden, 'more commit')} that no signature proves; --verbose shows all.`)];
  return [formatTable(rows), ...more, ''];
}

function describeVerdict(verdict: Verdict, commits: VerifiedRepository['commits'], { green, red, dim }: Style) {
  const subject = { text: subjectOf(commits.get(verdict.commit)), paint: dim };
  const id = verdict.commit.slice(0, 12);
  if (verdict.outcome === 'verified' && verdict.format === 'policy') {
    const word = `${verdict.against}: ${verdict.justification}`;
    return [{ text: '✓', paint: green }, id, 'accepted by policy', word, subject];
  }
  return verdict.outcome === 'verified'
    ? [{ text: '✓', paint: green }, id, verdict.signatory, shortFingerprint(verdict.fingerprint), subject]
    : [{ text: '✗', paint: red }, id, verdict.reason, verdict.committer, subject];
}

/** Trust rule 2.7. */
function isAccepted(verdict: Verdict): boolean {
  return verdict.outcome === 'verified' && verdict.format === 'policy';
}

/** The last 16 digits of an OpenPGP fingerprint, as gpg shows a key; an SSH fingerprint's start. */
function shortFingerprint(fingerprint: string): string {
  return fingerprint.startsWith('SHA256:') ? `${fingerprint.slice(0, 19)}…` : fingerprint.slice(-16).toUpperCase();
}

function describeDecision(
  branch: string,
  found: VerifiedRepository,
  { style, milliseconds }: VerificationView,
): string[] {
  const { from, tip, verdicts, decision } = found;
  const verified = count(verdicts.filter(({ outcome }) => outcome === 'verified').length, 'commit');
  const took = style.dim(`(${(milliseconds / 1000).toFixed(1)} s)`);
  const { advance, offence, evidence } = decision;
  const vouched = evidence.accepted.length === 0 ? '' : `, ${evidence.accepted.length} of them accepted by policy`;
  if (offence === null) {
    const what =
      advance === null
        ? `stays at ${shortOid(tip)}: nothing is new`
        : `advances to ${shortOid(tip)} (${verified} verified${vouched})`;
    return [`${style.green(style.bold(`${branch} ${what}`))} ${took}`];
  }
  const where =
    advance === null ? `locks, held at ${shortOid(from)}` : `advances to ${shortOid(advance.oid)}, then locks`;
  return [
    `${style.red(style.bold(`${branch} ${where}: ${offence.reason}`))} ${took}`,
    `  ${offence.message}`,
    `  Next: ${offence.nextStep}`,
  ];
}
