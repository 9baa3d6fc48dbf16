import type { RestoredTable } from '../operations/restore-table.ts';
import { count } from './count.ts';
import { formatTable } from './format-table.ts';
import type { Style } from './style.ts';

/** What a restore brought back, and what has to be done again. */
export function describeRestored(
  { asOf, raise, items, branches }: RestoredTable,
  dryRun: boolean,
  { bold }: Style,
): string {
  const rows = branches.map(({ repository, branch, revision, formerSequence, sequence }) => [
    repository,
    branch,
    revision === null ? '–' : revision.slice(0, 12),
    String(formerSequence),
    String(sequence),
  ]);
  return [
    formatTable([['REPOSITORY', 'BRANCH', 'REVISION', 'SEQUENCE', 'NOW ABOVE'], ...rows]),
    '',
    `The backup shows ${asOf}. Every sequence rises by ${raise.toLocaleString('en-US')}: more than can have been published since.`,
    dryRun ? 'Nothing was written.' : `${count(items, 'item')} restored. Nothing of it is served yet.`,
    '',
    bold('Do again what was done since that time'),
    '  1. Revoke tokens that were revoked, and store secrets that were rotated.',
    '  2. Apply the newest policy: `headlock apply -f headlock.yaml`. From then on branches are decided, and published once proven anew.',
    '  3. Compare `headlock status` with what agents run. Where a branch was re-anchored since, `headlock unlock … --to` it again.',
  ].join('\n');
}
