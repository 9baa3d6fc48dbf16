import type { BranchRef } from '../../shared/model/branch-ref.ts';
import {
  type BranchState,
  type Progress,
  type PublishedState,
  publishedStateOf,
} from '../../shared/model/branch-state.ts';
import { formatOfOid, type Oid } from '../../shared/model/oid.ts';
import { count } from './count.ts';
import { formatAge } from './format-age.ts';
import { type Field, formatFields } from './format-fields.ts';
import { formatTable } from './format-table.ts';
import { quoteForShell } from './quote-for-shell.ts';
import type { Paint, Style } from './style.ts';

export type StatusRow = Parameters<typeof formatTable>[0][number];

/** One line a branch, for people, and below those of tags. */
export function describeBranches(
  branches: readonly BranchState[],
  now: Date,
  style: Style,
  tagRows: readonly StatusRow[] = [],
): string {
  const head = ['REPOSITORY', 'BRANCH', 'STATE', 'REVISION', 'SEQUENCE', 'AGE', 'REASON'];
  const rows = branches.map((branch) => {
    const { ref, sequence, decidedAt } = branch;
    const state = publishedStateOf(branch);
    const age = decidedAt === null ? '' : formatAge(decidedAt, now);
    const revision = formatRevision(branch, 12);
    return [
      ref.repository,
      ref.branch,
      { text: state, paint: paintOf(state, style) },
      revision,
      String(sequence),
      age,
      reasonOf(branch),
    ];
  });
  return formatTable([head.map((text) => ({ text, paint: style.dim })), ...rows, ...tagRows]);
}

/** All that is known of one branch, for people. */
export function describeBranch(branch: BranchState, now: Date, style: Style): string {
  const { ref, sequence, anchor, operatorAnchored, enforcement, decidedAt, recheckAt } = branch;
  const { tip, lock, compromise, unreachable, progress } = branch;
  const state = publishedStateOf(branch);
  const ago = (time: string) => `${time} (${formatAge(time, now)} ago)`;
  const lines: readonly Field[] = [
    ['repository', ref.repository],
    ['branch', ref.branch],
    ['state', paintOf(state, style)(style.bold(state)) + (enforcement === 'report' ? ' (enforcement: report)' : '')],
    ['revision', formatRevision(branch)],
    ['sequence', String(sequence)],
    ['decided', decidedAt && ago(decidedAt)],
    ['anchor', anchor + (operatorAnchored ? ' (chosen by an operator)' : '')],
    ['tip', tip && `${tip.revision}, seen ${ago(tip.seenAt)}`],
    ['compromised', compromise && `since ${ago(compromise.since)}`],
    ['', compromise?.message ?? null],
    ['next step', compromise?.nextStep ?? null],
    ['locked', lock && `${lock.reason} since ${ago(lock.since)}`],
    ['', lock?.message ?? null],
    ['next step', lock?.nextStep ?? null],
    ['explain', lock?.commit ? explainCommand(ref, lock.commit) : null],
    [
      'unreachable',
      unreachable && `${unreachable.cause} since ${ago(unreachable.since)}, ${unreachable.attempts} attempts`,
    ],
    ['', unreachable?.message ?? null],
    ['working', progress && describeProgress(progress)],
    ['recheck', recheckAt],
  ];
  return formatFields(lines, style);
}

function explainCommand({ repository, branch }: BranchRef, commit: Oid): string {
  const named = branch === 'main' ? '' : ` --branch ${quoteForShell(branch)}`;
  return `\`headlock explain ${repository} ${commit.slice(0, 12)}${named}\``;
}

/** `main@sha1:132f0f…`, as Flux names a revision. */
function formatRevision({ ref, trusted }: BranchState, digits?: number): string {
  if (trusted === null) return '–';
  const shown = digits === undefined ? trusted.oid : `${trusted.oid.slice(0, digits)}…`;
  return `${ref.branch}@${formatOfOid(trusted.oid)}:${shown}`;
}

function describeProgress({ judged, total }: Progress): string {
  return `${judged.toLocaleString('en-US')} of ${count(total, 'new commit')} are judged; nothing is published before the last`;
}

function reasonOf({ trusted, compromise, lock, unreachable, progress }: BranchState): string {
  if (compromise !== null) return compromise.message;
  if (lock !== null) return `${lock.reason}: ${lock.message}`;
  if (unreachable !== null) return `${unreachable.cause}: ${unreachable.message}`;
  if (progress !== null) return describeProgress(progress);
  return trusted === null ? 'nothing is decided yet' : '';
}

export function paintOf(state: PublishedState, { green, red, yellow }: Style): Paint {
  return { Trusted: green, Locked: red, Compromised: red, Pending: yellow, Unreachable: yellow }[state];
}
