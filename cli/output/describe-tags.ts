import { formatClaim } from '../../shared/model/claim.ts';
import { formatOfOid } from '../../shared/model/oid.ts';
import { tagNameOf } from '../../shared/model/tag-ref.ts';
import {
  type GuardedTags,
  publishedStateOfTag,
  type TagPublishedState,
  type TagState,
} from '../../shared/model/tag-state.ts';
import type { TagFinding } from '../../shared/trust/judge-tag.ts';
import type { TagsStatus } from '../operations/read-tags.ts';
import { count } from './count.ts';
import { paintOf, type StatusRow } from './describe-status.ts';
import { formatAge } from './format-age.ts';
import { type Field, formatFields } from './format-fields.ts';
import type { Style } from './style.ts';

/** Of one repository. */
const MAX_TAGS_SHOWN = 20;

/** A line for all tags of a repository together, then one for each that is locked or compromised. */
export function tagRows({ all, troubled }: TagsStatus, now: Date, style: Style): readonly StatusRow[] {
  const shown = troubled.slice(0, MAX_TAGS_SHOWN).map((tag) => rowOf(tag, now, style));
  const hidden = troubled.length - shown.length;
  const rest =
    hidden === 0 ? [] : [[all.ref.repository, '…', '', '', '', '', `${count(hidden, 'more tag')} like these`]];
  return [[all.ref.repository, all.ref.branch, '', '', '', '', summarize(all)], ...shown, ...rest];
}

function summarize({ counts, lock, unreachable }: GuardedTags): string {
  const parts = Object.entries(counts).flatMap(([state, n]) => (n === 0 ? [] : [`${n} ${state.toLowerCase()}`]));
  const found = parts.length === 0 ? 'no tag is known yet' : parts.join(', ');
  const wrong = [lock?.message, unreachable && `${unreachable.cause}: ${unreachable.message}`];
  return [found, ...wrong.filter((text) => typeof text === 'string')].join('; ');
}

function rowOf(tag: TagState, now: Date, style: Style): StatusRow {
  const { ref, sequence, decidedAt, lock, compromise } = tag;
  const state = publishedStateOfTag(tag);
  const age = decidedAt === null ? '' : formatAge(decidedAt, now);
  const reason = compromise?.message ?? (lock === null ? '' : `${lock.reason}: ${lock.message}`);
  return [
    ref.repository,
    formatClaim(ref.branch),
    { text: state, paint: paintOf(state, style) },
    formatTagRevision(tag, 12),
    String(sequence),
    age,
    reason,
  ];
}

/** `v1@sha1:132f0f…` */
function formatTagRevision({ ref, trusted }: TagState, digits?: number): string {
  if (trusted === null) return '–';
  const shown = digits === undefined ? trusted.oid : `${trusted.oid.slice(0, digits)}…`;
  return `${formatClaim(tagNameOf(ref))}@${formatOfOid(trusted.oid)}:${shown}`;
}

/** All that is known of one tag, for people. */
export function describeTag(tag: TagState, now: Date, style: Style): string {
  const { ref, object, sequence, decidedAt, tip, missingSince, lock, compromise, operatorAnchored, recheckAt } = tag;
  const state: TagPublishedState = publishedStateOfTag(tag);
  const ago = (time: string) => `${time} (${formatAge(time, now)} ago)`;
  const lines: readonly Field[] = [
    ['repository', ref.repository],
    ['tag', formatClaim(tagNameOf(ref))],
    ['state', paintOf(state, style)(style.bold(state))],
    ['revision', formatTagRevision(tag)],
    ['object', object && object + (operatorAnchored ? ' (chosen by an operator)' : '')],
    ['sequence', String(sequence)],
    ['decided', decidedAt && ago(decidedAt)],
    ['listed', missingSince === null ? `${tip.revision}, seen ${ago(tip.seenAt)}` : `not since ${ago(missingSince)}`],
    ['compromised', compromise && `since ${ago(compromise.since)}`],
    ['', compromise?.message ?? null],
    ['next step', compromise?.nextStep ?? null],
    ['locked', lock && `${lock.reason} since ${ago(lock.since)}`],
    ['', lock?.message ?? null],
    ['next step', lock?.nextStep ?? null],
    ['recheck', recheckAt],
  ];
  return formatFields(lines, style);
}

/** What was found of one tag, for people. */
export function describeTagFinding(tag: string, { revision, offence, verdicts }: TagFinding, style: Style): string {
  const name = formatClaim(tag);
  if (revision === null || offence !== null) {
    const head = style.red(style.bold(`${name} locks: ${offence?.reason}`));
    return [head, `  ${offence?.message}`, `  Next: ${offence?.nextStep}`].join('\n');
  }
  const signers = verdicts.flatMap((verdict) => {
    if (verdict.outcome === 'refused') return [];
    return [verdict.format === 'policy' ? `accepted by policy (${verdict.against})` : `signed by ${verdict.signatory}`];
  });
  const [tagged = '', committed = 'not judged'] = signers;
  return `${style.green(style.bold(`${name} is trusted at ${revision.oid}`))} (tag ${tagged}, commit ${committed})`;
}
