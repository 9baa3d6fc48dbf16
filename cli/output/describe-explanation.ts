import { formatBranchRef } from '../../shared/model/branch-ref.ts';
import { formatTime } from '../../shared/signatures/format-time.ts';
import type { Check, CheckOutcome } from '../../shared/trust/list-checks.ts';
import { type Explanation, isTrusted } from '../operations/explanation.ts';
import { formatTable } from './format-table.ts';
import type { Style } from './style.ts';

/** One commit for people: whose it is, every check in a line, and what to do. */
export function describeExplanation(explanation: Explanation, style: Style): string {
  const { ref, commit, subject, verdict, policyVersion, checks } = explanation;
  const { bold, dim } = style;
  const by = verdict === null ? '' : ` by ${verdict.committer}`;
  const seen =
    policyVersion === null
      ? ', judged now'
      : `, first seen ${formatTime(verdict?.firstSeen ?? 0)}, policy version ${policyVersion}`;
  return [
    `${bold(commit)}${by}${subject === '' ? '' : `  ${dim(subject)}`}`,
    dim(`${formatBranchRef(ref)}${verdict === null ? '' : seen}`),
    '',
    ...(checks.length === 0 ? [] : [describeChecks(checks, style), '']),
    ...describeOutcome(explanation, style),
  ].join('\n');
}

function describeChecks(checks: readonly Check[], { green, red, dim }: Style): string {
  const marks = {
    passed: { text: '✓', paint: green },
    failed: { text: '✗', paint: red },
    'not-reached': { text: '–', paint: dim },
    'not-applicable': { text: '', paint: dim },
  } as const satisfies Record<CheckOutcome, object>;
  const shown = checks.filter(({ outcome }) => outcome !== 'not-applicable');
  return formatTable(
    shown.map(({ rule, title, outcome, detail }) => [
      marks[outcome],
      { text: rule, paint: dim },
      outcome === 'not-reached' ? { text: title, paint: dim } : title,
      detail ?? '',
    ]),
  );
}

function describeOutcome(explanation: Explanation, { green, red, bold }: Style): readonly string[] {
  const { verdict, offence, ref, isAnchor } = explanation;
  if (offence !== null) {
    const verified = verdict?.outcome === 'verified' ? 'Verified, and yet ' : '';
    const locked = `${verified}${formatBranchRef(ref)} locks on it: ${offence.reason}`;
    return [red(bold(locked)), `  ${offence.message}`, `  Next: ${offence.nextStep}`];
  }
  if (verdict?.outcome === 'refused') {
    const { reason, nextStep, recheckAt } = verdict;
    const again = recheckAt === null ? [] : [`  It is judged again at ${formatTime(recheckAt)}.`];
    const next = isAnchor
      ? `  It is the anchor of ${formatBranchRef(ref)} all the same, on an operator's word.`
      : `  Next: ${nextStep}`;
    return [red(bold(`Refused: ${reason}`)), next, ...again];
  }
  if (!isTrusted(explanation) || verdict === null) return [];
  const how =
    verdict.format === 'policy'
      ? `accepted by the policy in spite of ${verdict.against}`
      : `signed by ${verdict.signatory}`;
  return [green(bold(`Verified: ${how}`))];
}
