import type { AuditEvent } from '../../shared/model/audit-event.ts';
import type { BranchRef } from '../../shared/model/branch-ref.ts';
import { allTagsOf } from '../../shared/model/tag-ref.ts';
import { createDynamoAncestorStore } from '../../shared/store/dynamo-ancestor-store.ts';
import { createDynamoHistoryStore } from '../../shared/store/dynamo-history-store.ts';
import type { FaultsCase } from './faults-case.ts';

/** Fields of a state that rest on when or how often something was written, or on what was announced of it. */
const INCIDENTAL = new Set([
  ...['version', 'decidedAt', 'recheckAt', 'since', 'seenFrom', 'timeVerified', 'at', 'alertHour', 'due'],
  ...['expires', 'issuedAt', 'renewAt', 'checkedAt', 'trustedSince', 'proof', 'statement'],
  // An apply that was cut off leaves a number behind, which is never given again.
  'policyVersion',
]);

/**
 * What an installation holds and has told of a repository once all is over, in terms that are the same whenever and however
 * often it was tried: states, audit trail, revisions, alerts, statuses.
 */
export async function takeSnapshot({ name, world }: FaultsCase): Promise<unknown> {
  const { operator, dynamoDb, connection, forge, services } = world;
  const history = createDynamoHistoryStore(dynamoDb, connection.tableName);
  const ancestors = createDynamoAncestorStore(dynamoDb, connection.tableName);
  const branches = await operator.branches.list(name);
  const tags = await operator.tags.list(name);
  const guarded = await operator.tags.guarded.read(allTagsOf(name));
  const recordOf = async (ref: BranchRef) => ({
    events: withoutRepeats(await history.listEvents(ref)).map(settle),
    revisions: (await history.listRevisions(ref)).map(settle),
  });
  const all = [...branches, ...tags, ...(guarded === null ? [] : [guarded])];
  const records = await Promise.all(all.map(async ({ ref }) => [ref.branch, await recordOf(ref)] as const));
  const alerts = new Map(
    services.listMessages(connection.topicArn).flatMap(({ message, attributes }) => {
      const { id, content } = JSON.parse(message) as { id: string; content: { title: string; description: string } };
      if (attributes.repository !== name) return [];
      return [[id, `${attributes.event} ${attributes.branch}: ${content.title}`] as const];
    }),
  );
  const told = new Map(
    forge.taken.flatMap(({ project, commit, body }) =>
      project === `${name}/repository` ? [[commit, `${body.state}: ${body.description}`] as const] : [],
    ),
  );
  const indexes = await Promise.all(
    branches.map(async ({ ref, trusted, sequence }) => {
      const index = trusted === null ? null : await ancestors.read(ref, { revision: trusted.oid, sequence });
      return index === null ? 'none' : 'one';
    }),
  );
  const text = JSON.stringify({
    states: all.map(settle),
    owed: all.flatMap(({ due }) => due.map(({ kind }) => kind)),
    records: Object.fromEntries(records),
    alerts: [...alerts.values()].toSorted(),
    told: Object.fromEntries([...told].toSorted()),
    // An index can be made again: one that a fault kept from being written costs a fetch.
    indexes: indexes.length,
    deadLetters: await world.countDeadLetters(),
  });
  return JSON.parse(text.replaceAll(name, 'shop'));
}

/** An apply that was cut off is run again, and each run is recorded: what the second says of the same version is no change. */
function withoutRepeats(events: readonly AuditEvent[]): readonly AuditEvent[] {
  const known = new Set<string | undefined>();
  return events.filter(({ kind, details: { policyVersion } }) => {
    const isRepeat = kind === 'policy_changed' && known.has(policyVersion);
    if (kind === 'created' || kind === 'policy_changed') known.add(policyVersion);
    return !isRepeat;
  });
}

/** A value without what is incidental, at any depth. */
function settle(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(settle);
  if (typeof value !== 'object' || value === null) return withoutTimes(value);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([field]) => !INCIDENTAL.has(field))
      .map(([field, inner]) => [field, settle(inner)]),
  );
}

function withoutTimes(value: unknown): unknown {
  return typeof value === 'string'
    ? value.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'then').replace(/: version \d+\.$/, ': some version.')
    : value;
}
