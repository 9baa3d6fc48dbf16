import type { AuditEvent, AuditEventKind } from '../../shared/model/audit-event.ts';
import { formatClaim } from '../../shared/model/claim.ts';
import { formatTable } from './format-table.ts';
import type { Paint, Style } from './style.ts';

const MAX_ACTOR_LENGTH = 60;
const MAX_DETAIL_LENGTH = 200;
/** What a message leaves out and the trail is read for (trust rules 2.7, 3.3, 5.6). */
const TOLD = ['url', 'accepted', 'denied', 'compromisedKeys'] as const;

/** One line an event, for people. */
export function describeLog(events: readonly AuditEvent[], style: Style): string {
  const head = ['TIME', 'EVENT', 'SEQUENCE', 'REVISION', 'WHO', 'WHAT'].map((text) => ({ text, paint: style.dim }));
  const rows = events.map(({ kind, at, sequence, actor, message, details }) => [
    `${at.slice(0, 19).replace('T', ' ')} UTC`,
    { text: kind, paint: paintOf(kind, style) },
    String(sequence),
    (details.revision ?? details.object ?? details.commit ?? '').slice(0, 12) || '–',
    formatClaim(actor, MAX_ACTOR_LENGTH),
    [message, ...tell(details)].join(' '),
  ]);
  return formatTable([head, ...rows]);
}

function tell(details: AuditEvent['details']): readonly string[] {
  return TOLD.flatMap((key) => {
    const detail = details[key];
    return detail === undefined ? [] : [`[${key}] ${formatClaim(detail, MAX_DETAIL_LENGTH)}`];
  });
}

function paintOf(kind: AuditEventKind, { green, red, yellow, dim }: Style): Paint {
  const paints: Partial<Record<AuditEventKind, Paint>> = {
    advanced: green,
    unlocked: green,
    locked: red,
    compromised: red,
    reanchored: yellow,
    unreachable: yellow,
    policy_changed: yellow,
  };
  return paints[kind] ?? dim;
}
