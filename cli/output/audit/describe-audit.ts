import { shortOid } from '../../../shared/trust/offence.ts';
import type { AuditReport } from '../../audit/audit-report.ts';
import type { Style } from '../style.ts';
import { more } from './audit-text.ts';
import {
  describeBots,
  describeCandidates,
  describeForges,
  describeProblems,
  describeRanges,
  describeRefusals,
  describeSummary,
} from './describe-history.ts';
import { describeKeys } from './describe-keys.ts';
import { describeTrials } from './describe-trials.ts';

/** What an audit found, for people: sections with a title, those without content left out. */
export function describeAudit(report: AuditReport, style: Style): string {
  const sections: readonly (readonly [title: string | null, lines: readonly string[]])[] = [
    [null, describeSummary(report, style)],
    ['Keys', describeKeys(report, style)],
    ['Unsigned on the first-parent chain, the newest first', describeRanges(report, style)],
    ['Made by a forge', describeForges(report)],
    ['Bots', describeBots(report, style)],
    ['Signatures that do not count, whatever the time', describeRefusals(report)],
    ['Key files in the repository (whoever pushes can change them: none was used)', describeCandidates(report, style)],
    ['Keys that could not be read', describeProblems(report)],
    [`If it were switched on at ${shortOid(report.start)} with these keys`, describeTrials(report, style)],
    ['To start from, in headlock.yaml', describeProposal(report, style)],
  ];
  return sections
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => [...(title === null ? [] : [style.bold(title)]), ...lines].join('\n'))
    .join('\n\n');
}

const MAX_LINES = 500;

const CHECK =
  'Keys were found, and are thereby not yet trusted: check each fingerprint with its owner, over a channel that the forge does not carry.';
const NO_KEY = 'No key of a person was found. Name key files with --keys, or ask the forge with --forge-keys.';

function describeProposal({ proposal: { signatories, yaml } }: AuditReport, { yellow }: Style): readonly string[] {
  const lines = yaml.trimEnd().split('\n');
  const shown = lines.slice(0, MAX_LINES).map((line) => `  ${line}`);
  return [
    yellow(`  ${signatories.length === 0 ? NO_KEY : CHECK}`),
    ...shown,
    ...more(lines.length - MAX_LINES, 'line'),
  ];
}
