import { describeKey } from '../../shared/signatures/describe-key.ts';
import type { ProposedSignatory } from '../audit/propose-signatories.ts';
import { endOfKeys } from '../audit/render-policy.ts';
import type { Audit } from '../operations/audit-repository.ts';
import type { InitializedPolicy, PolicyAnswers } from '../operations/init-policy.ts';
import { count } from './count.ts';
import { formatTable } from './format-table.ts';
import { quoteForShell } from './quote-for-shell.ts';
import type { Style } from './style.ts';

const MAX_SHOWN = 40;

/** Who may be listed, with numbers to choose by. */
export function describeChoice(people: readonly ProposedSignatory[], branch: string): string {
  const rows = people
    .slice(0, MAX_SHOWN)
    .map((one, index) => [
      String(index + 1).padStart(3),
      one.name,
      count(one.commits, 'commit'),
      fingerprintsOf(one).join(', '),
      describeSource(one),
    ]);
  const more =
    people.length > MAX_SHOWN ? `\n     and ${people.length - MAX_SHOWN} more, to be named by fingerprint` : '';
  return `Found keys that signed ${branch}:\n${formatTable(rows)}${more}`;
}

/** Of certificates, and not of each subkey. */
function fingerprintsOf({ certificates, compiled }: ProposedSignatory): readonly string[] {
  const primary = certificates.map((one) => `0x${one.primaryFingerprint.toUpperCase()}`);
  const others = compiled.keys.filter(({ format }) => format !== 'openpgp').map(describeKey);
  return [...new Set([...primary, ...others])];
}

function describeSource({ source, certificates: [certificate], sshKey }: ProposedSignatory): string {
  const place = (certificate ?? sshKey)?.place;
  return source === 'signatures' || place === undefined ? 'in the signatures alone' : `from ${place.location}`;
}

/** Those whose next signature would lock the branch; null where there are none. */
export function warnOfExpiry(chosen: readonly ProposedSignatory[], now: Date): string | null {
  const expired = chosen.filter((one) => (endOfKeys(one) ?? Infinity) * 1000 <= now.getTime());
  if (expired.length === 0) return null;
  const names = expired.map(({ name }) => name).join(', ');
  return `warning: the keys of ${names} have expired. What they sign from now on locks the branch, until their owners extend them.`;
}

/** Commands and deeds, in their order. */
export function listNextSteps(
  location: string,
  { history, report }: Audit,
  { file, webhookSecret, url, chosen }: PolicyAnswers,
): readonly string[] {
  const branch = report.branch === 'main' ? '' : ` --branch ${quoteForShell(report.branch)}`;
  return [
    `Check ${chosen.length === 1 ? 'the fingerprint' : `all ${chosen.length} fingerprints`} in ${file} with ${chosen.length === 1 ? 'its owner' : 'their owners'}.`,
    `headlock verify ${quoteForShell(history.path ?? location)} -f ${quoteForShell(file)}${branch}`,
    ...(url.startsWith('file:') ? [`Write the repository's https address as \`url:\` in ${file}.`] : []),
    `headlock secret set ${webhookSecret} --purpose webhook`,
    `headlock apply -f ${quoteForShell(file)}`,
  ];
}

export function describeInit(
  { files, branches }: InitializedPolicy,
  { chosen, file }: PolicyAnswers,
  steps: readonly string[],
  { bold, dim }: Style,
): string {
  return [
    `${bold(`Wrote ${file}`)} with ${count(chosen.length, 'signatory', 'signatories')}; beside it ${files.slice(1).join(', ')}.`,
    ...branches.map(
      ({ branch, anchor, note }) => `  ${branch} is anchored at ${anchor.slice(0, 12)}… ${dim(`(${note})`)}`,
    ),
    '',
    bold('Next:'),
    ...steps.map((step, index) => `  ${index + 1}. ${step}`),
  ].join('\n');
}
