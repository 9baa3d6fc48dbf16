import type { Finding } from '../finding.ts';
import type { Style } from './style.ts';

/** A line for each finding: ✓, ✗ or –, what was found, and what to do. */
export function describeFindings(findings: readonly Finding[], style: Style): string {
  const { green, red, dim } = style;
  const marks = { ok: green('✓'), amiss: red('✗'), unknown: dim('–') } as const;
  return findings
    .flatMap(({ outcome, what, remedy }) => [
      `${marks[outcome]} ${what}`,
      ...(remedy === null ? [] : [`    ${remedy}`]),
    ])
    .join('\n');
}
