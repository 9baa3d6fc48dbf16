import { formatClaim } from '../../../shared/model/claim.ts';
import type { AuditedKey, AuditReport } from '../../audit/audit-report.ts';
import { FORGE_NAMES } from '../../audit/forges.ts';
import { count } from '../count.ts';
import type { Cell } from '../format-table.ts';
import type { Style } from '../style.ts';
import { day, more, number, tabulate } from './audit-text.ts';

const MAX_NAME = 30;
const MAX_COMMANDS = 5;
const HEAD = ['COMMITS', 'KEY', 'WHOSE', 'FIRST', 'LAST', 'NOTES'];

export function describeKeys({ keys }: AuditReport, style: Style): readonly string[] {
  const { dim } = style;
  const rows = keys.map((key) => [
    number(key.commits).padStart(7),
    nameKey(key),
    whose(key),
    day(key.first.date),
    day(key.last.date),
    notesOf(key, style),
  ]);
  const head = HEAD.map((text) => ({ text, paint: dim }));
  return [...tabulate(rows, 'key', [head]), ...describeFetching(keys, style)];
}

function describeFetching(keys: readonly AuditedKey[], { dim }: Style): readonly string[] {
  const commands = new Map<string, string[]>();
  for (const { fetch, key } of keys)
    if (fetch !== null) commands.set(fetch, [...(commands.get(fetch) ?? []), String(key)]);
  if (commands.size === 0) return [];
  const lines = [...commands].slice(0, MAX_COMMANDS).map(([command, ids]) => {
    const named = ids.filter((id) => !command.includes(id.replace(/^0x/, '')));
    return `    ${command}${named.length === 0 ? '' : dim(` (${named.join(', ')})`)}`;
  });
  const advice = '  To fetch those that were not found; once checked with their owners, name them with --keys:';
  return [advice, ...lines, ...more(commands.size - MAX_COMMANDS, 'command')];
}

function nameKey({ key, format }: AuditedKey): string {
  return key ?? `unnamed ${format}`;
}

/** Who is said to own it; with a question mark, who says so in commits alone. */
function whose({ owner, forge, committers }: AuditedKey): string {
  if (forge !== null) return FORGE_NAMES[forge];
  const [first] = committers;
  return owner ?? (first === undefined ? '' : `${formatClaim(first.name, MAX_NAME)}?`);
}

function notesOf(
  { source, expiry, expires, afterExpiry, refused, algorithm, forge, format }: AuditedKey,
  { red, yellow }: Style,
): Cell {
  const wrong = Object.entries(refused).filter(([reason]) => source !== null || reason !== 'unknown_key');
  const notes = [
    ...(source === null ? ['key not found'] : []),
    ...(source === 'signatures' && forge === null && format === 'ssh' ? ['consistent, owner unknown'] : []),
    ...(expiry === 'expired' ? [`expired ${day(expires)}`] : []),
    ...(expiry === 'soon' ? [`expires ${day(expires)}`] : []),
    ...(afterExpiry > 0 ? [`${count(afterExpiry, 'commit')} signed after that`] : []),
    ...(algorithm?.includes(', ') ? [algorithm] : []),
    ...wrong.map(([reason, times]) => `${number(times)} ${reason}`),
  ];
  return { text: notes.join(', '), paint: wrong.length > 0 || expiry === 'expired' ? red : yellow };
}
