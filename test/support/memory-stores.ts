import { isDeepStrictEqual } from 'node:util';
import type { VerifyPorts } from '../../functions/verify/ports.ts';
import type { Alert } from '../../shared/model/alert.ts';
import type { AuditEvent } from '../../shared/model/audit-event.ts';
import type { BranchRef } from '../../shared/model/branch-ref.ts';
import type { BranchState, RevisionRecord, Timestamp } from '../../shared/model/branch-state.ts';
import type { Oid } from '../../shared/model/oid.ts';
import type { AppliedPolicy } from '../../shared/model/policy.ts';
import type { SignedStatement } from '../../shared/model/statement.ts';
import type { Verdict } from '../../shared/model/verdict.ts';
import type { DecisionHint } from '../../shared/queue/decision-queue.ts';
import type { StatusHint } from '../../shared/queue/status-queue.ts';
import type { AncestorStore, IndexedRevision } from '../../shared/store/ancestor-store.ts';
import { branchAttributes } from '../../shared/store/branch-schema.ts';
import type { BranchStore } from '../../shared/store/branch-store.ts';
import { statementPlace } from '../../shared/store/item-keys.ts';
import { createLocalSigner } from './statements.ts';

export interface StoredIndex extends IndexedRevision {
  readonly ids: ReadonlySet<Oid>;
}

/** What is stored and told of one branch, in memory, as the adapters of AWS would keep it. */
export interface MemoryStores extends Omit<VerifyPorts, 'openSources' | 'now' | 'lagSeconds' | 'verdictsPerStep'> {
  readonly applied: AppliedPolicy[];
  readonly events: Map<string, AuditEvent>;
  readonly revisions: Map<number, RevisionRecord>;
  readonly sightings: { readonly at: Timestamp; readonly commits: readonly Oid[] }[];
  readonly judged: Map<Oid, Verdict>;
  readonly published: Map<string, Alert>;
  readonly hints: DecisionHint[];
  /** By their delivery, which counts once. */
  readonly statusHints: Map<string, StatusHint>;
  readonly indexes: StoredIndex[];
  /** Every statement that was ever the latest, in their order. */
  readonly stated: SignedStatement[];
  /** Of the key that signs them. */
  readonly statementKey: string;
}

const SIGNER = createLocalSigner();

/** @param onWrite - sees every write of the branch that succeeds */
export function createMemoryStores(
  ref: BranchRef,
  onWrite: (before: BranchState | null, after: BranchState) => void,
): MemoryStores {
  const applied: AppliedPolicy[] = [];
  const events = new Map<string, AuditEvent>();
  const revisions = new Map<number, RevisionRecord>();
  const sightings: { at: Timestamp; commits: readonly Oid[] }[] = [];
  const judged = new Map<Oid, Verdict>();
  const judgedUnder = new Map<Oid, number>();
  const published = new Map<string, Alert>();
  const hints: DecisionHint[] = [];
  const statusHints = new Map<string, StatusHint>();
  const indexes: StoredIndex[] = [];
  const stated: SignedStatement[] = [];
  const { pem: statementKey, ...signer } = SIGNER;

  return {
    ...{ applied, events, revisions, sightings, judged, published, hints, statusHints, indexes, stated, statementKey },
    ...{ signer, statementSeconds: 24 * 3600 },
    statements: {
      put: async (_, statement) => {
        const latest = stated.at(-1);
        if (latest === undefined || statementPlace(latest) <= statementPlace(statement)) stated.push(statement);
      },
    },
    branches: createBranches(ref, onWrite),
    ancestors: createMemoryAncestorStore(indexes),
    policies: {
      listRepositories: async () => [ref.repository],
      readPolicy: async () => applied.at(-1) ?? null,
      readApplied: async () => applied.at(-1) ?? null,
      add: () => Promise.reject(new Error('Push to `applied`.')),
      retire: () => Promise.reject(new Error('Nothing is retired here.')),
    },
    history: {
      putEvent: async (_, id, event) => append(events, id, event),
      putRevision: async (_, record) => append(revisions, record.sequence, record),
      listEvents: async () => [...events.values()],
      listRevisions: async () => [...revisions.values()],
    },
    seen: {
      read: async (_, from, commits) => {
        const wanted = new Set(commits);
        const counted = sightings.filter(({ at }) => at >= from).toSorted((a, b) => (a.at < b.at ? 1 : -1));
        const found = counted.flatMap(({ at, commits: ids }) => ids.map((id) => [id, at] as const));
        return new Map(found.filter(([id]) => wanted.has(id)));
      },
      write: async (_, at, __, commits) => void sightings.push({ at, commits }),
    },
    verdicts: {
      write: async (_, policyVersion, verdicts) => {
        for (const verdict of verdicts) judged.set(verdict.commit, verdict);
        for (const { commit } of verdicts) judgedUnder.set(commit, policyVersion);
      },
      read: async (_, commit) => {
        const [policyVersion, verdict] = [judgedUnder.get(commit), judged.get(commit)];
        return policyVersion === undefined || verdict === undefined ? null : { policyVersion, verdict };
      },
    },
    queue: { send: async (hint) => void hints.push(hint) },
    alerts: { publish: async (id, alert) => void published.set(id, alert) },
    statuses: { send: async (hint) => append(statusHints, hint.delivery, hint) },
  };
}

/** Every state goes through the schema of its item, so what could be written and never be read again is found. */
function createBranches(
  ref: BranchRef,
  onWrite: (before: BranchState | null, after: BranchState) => void,
): BranchStore {
  let stored: string | null = null;
  const read = (): BranchState | null =>
    stored === null ? null : { ref, ...branchAttributes.parse(JSON.parse(stored)) };
  const list = async () => [read()].filter((state) => state !== null);
  return {
    read: async () => read(),
    readForPublication: async () => read(),
    list,
    listForPublication: list,
    listEach: async () => (stored === null ? [] : [{ ref, state: read() }]),
    write: async (state) => {
      const before = read();
      if ((before?.version ?? 0) !== state.version) return null;
      const { ref: _, trusted, ...attributes } = state;
      const version = state.version + 1;
      stored = JSON.stringify({ ...attributes, trusted: trusted?.oid ?? null, version });
      onWrite(before, { ...state, version });
      return { ...state, version };
    },
  };
}

/** One branch's ancestor indexes. */
export function createMemoryAncestorStore(indexes: StoredIndex[] = []): AncestorStore {
  const find = (of: IndexedRevision) =>
    indexes.find(({ revision, sequence }) => revision === of.revision && sequence === of.sequence)?.ids;
  return {
    read: async (_, of) => find(of) ?? null,
    write: async (_, of, ancestors) => {
      const newer = indexes.filter(({ sequence }) => sequence > of.sequence);
      indexes.splice(0, indexes.length, { ...of, ids: new Set(ancestors) }, ...newer);
    },
    extend: async (_, from, to, added) => {
      const below = find(from);
      const sequence = from.sequence + 1;
      if (below === undefined || indexes.some((index) => index.sequence === sequence)) return;
      indexes.push({ revision: to, sequence, ids: new Set([...below, ...added]) });
    },
  };
}

function append<Key, Value>(records: Map<Key, Value>, key: Key, value: Value): void {
  const existing = records.get(key);
  if (existing !== undefined && !isDeepStrictEqual(existing, value)) throw new Error(`${key} has other contents.`);
  records.set(key, structuredClone(value));
}
