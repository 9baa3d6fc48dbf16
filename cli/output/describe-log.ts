import type { AuditEvent, AuditEventKind } from '../../shared/model/audit-event.ts';
import { formatClaim } from '../../shared/model/claim.ts';
import { formatTable } from './format-table.ts';
import type { Paint, Style } from './style.ts';

const MAX_ACTOR_LENGTH = 60;

/** One line an event, for people. */
export function describeLog(events: readonly AuditEvent[], style: Style): string {
  const head = ['TIME', 'EVENT', 'SEQUENCE', 'REVISION', 'WHO', 'WHAT'].map((text) => ({ text, paint: style.dim }));
  const rows = events.map(({ kind, at, sequence, actor, message, details }) => [
    `${at.slice(0, 19).replace('T', ' ')} UTC`,
    { text: kind, paint: paintOf(kind, style) },
    String(sequence),
    (details.revision ?? details.commit ?? '').slice(0, 12) || '–',
    formatClaim(actor, MAX_ACTOR_LENGTH),
    message,
  ]);
  return formatTable([head, ...rows]);
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
