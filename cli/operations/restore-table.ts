import { inParallel } from '../../functions/verify/in-parallel.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import type { Item } from '../../shared/store/dynamo-item.ts';
import { createSequenceFloor, type RestoreRecord } from '../../shared/store/dynamo-sequence-floor.ts';
import { createDynamoTable, type DynamoTable } from '../../shared/store/dynamo-table.ts';
import type { ItemKey } from '../../shared/store/item-keys.ts';
import type { Restore } from '../../shared/trust/restore-state.ts';
import { describeBackup, scanPages, type TableAccess } from './copy-table.ts';
import { isState, restoredItem } from './restored-item.ts';

export interface RestoreRequest {
  /** The backup, as a table of its own. It is only read. */
  readonly source: TableAccess;
  /** The installation's table: empty, or where this restore was cut off. */
  readonly target: TableAccess;
  /** What the source is, for people. */
  readonly from: string;
  /** When the backup was made, or earlier; null where DynamoDB knows. */
  readonly asOf: Date | null;
  /** Kinds of items that the target cannot use. */
  readonly leaveOut: readonly string[];
  readonly actor: string;
  readonly dryRun: boolean;
  onProgress(copied: number): void;
}

export interface RestoredTable {
  readonly asOf: string;
  /** How much every sequence is raised. */
  readonly raise: number;
  readonly items: number;
  readonly branches: readonly {
    readonly repository: string;
    readonly branch: string;
    /** Null where nothing was published. */
    readonly revision: string | null;
    readonly formerSequence: number;
    readonly sequence: number;
  }[];
}

/**
 * DynamoDB writes one item at most a thousand times a second: what one partition takes (Amazon DynamoDB Developer Guide,
 * "Best practices for designing and using partition keys"). A sequence rises with a write, so it cannot have risen more.
 */
const WRITES_PER_SECOND = 1000;

/** Clocks may differ. */
const MARGIN_SECONDS = 3600;

/** Keys of records have twelve digits for a version or a sequence; what comes after a restore needs some of them. */
const HIGHEST = 0.9 * 10 ** 12;

/**
 * Carries a backup over into an empty table, so that nothing that is served from there has a sequence that there was before
 * (trust rule 5.6): each item is written once, raised already. Running it again finishes what was cut off.
 * @throws HeadlockError `unknown_backup_time`, `table_not_empty`, `corrupt_item`, `backup_not_ready`
 */
export async function restoreTable(request: RestoreRequest): Promise<RestoredTable> {
  const { source, target, from, actor, leaveOut, dryRun, onProgress } = request;
  const { asOf, raise: needed, now } = await findRaise(request);
  const floors = createSequenceFloor(target.client, target.tableName);
  const unfinished = await findUnfinished(request);
  const raise = unfinished?.raise ?? needed;
  const restore: Restore = { raise, actor: unfinished?.actor ?? actor, from, now: unfinished?.at ?? now };
  const read = (item: Item) => (leaveOut.includes(item.pk.split(':')[0] ?? '') ? null : restoredItem(item, restore));

  const before = await createSequenceFloor(source.client, source.tableName).readRecord();
  const floor = raise + (before?.floor ?? 0);
  assertFits(floor);

  // All is read before anything is written: what cannot be raised must not be left out, or it would begin anew.
  const branches: RestoredTable['branches'][number][] = [];
  for await (const page of scanPages(source)) {
    for (const item of page.filter(isState)) {
      const restored = read(item);
      assertFits(Math.max(Number(restored?.version ?? 0), Number(restored?.sequence ?? 0)));
      if (restored !== null && item.pk.startsWith('branch:')) branches.push(summarize(item, restored));
    }
  }
  const outcome = { asOf: asOf.toISOString(), raise, branches };
  if (dryRun) return { ...outcome, items: 0 };

  const record: RestoreRecord = { raise, floor, at: restore.now, actor: restore.actor, from, isDone: false };
  await floors.writeRecord(record);
  const table = createDynamoTable(target.client, target.tableName);
  let items = 0;
  for await (const page of scanPages(source)) {
    const restored = page.map(read).filter((item) => item !== null);
    await inParallel(restored, async (item) => {
      // Trust rule 5.5: since it was cut off a sweep may have had delivered what this state owes. It knows more than the backup.
      const isPassed = unfinished !== null && isState(item) && (await versionOf(item, table)) > Number(item.version);
      if (!isPassed) await table.append(item);
    });
    items += restored.length;
    onProgress(items);
  }
  await floors.writeRecord({ ...record, isDone: true });
  return { ...outcome, items };
}

async function findRaise({ source, asOf: said }: RestoreRequest) {
  const { restoredTo, now } = await describeBackup(source);
  const times = [said, restoredTo].filter((time) => time !== null).map((time) => time.getTime());
  if (times.length === 0)
    throw refuse(
      'unknown_backup_time',
      'DynamoDB does not say what time this backup shows. Say with --as-of when it was made, or earlier.',
    );
  const asOf = Math.min(...times);
  const seconds = Math.ceil((now.getTime() - asOf) / 1000);
  if (seconds < 0)
    throw refuse(
      'unknown_backup_time',
      'A backup cannot be of a time that is yet to come. Correct --as-of, or the clock.',
    );
  return { asOf: new Date(asOf), now: now.toISOString(), raise: (seconds + MARGIN_SECONDS) * WRITES_PER_SECOND };
}

/** @returns the restore that was cut off; null where the table is empty */
async function findUnfinished({ target, from, dryRun }: RestoreRequest): Promise<RestoreRecord | null> {
  const record = await createSequenceFloor(target.client, target.tableName).readRecord();
  if (record !== null && !record.isDone && record.from === from) return record;
  const { value: page = [] } = await scanPages(target, 1).next();
  if (page.length === 0 || dryRun) return null;
  const what = record === null ? 'holds items already' : `was restored from ${record.from} at ${record.at}`;
  throw refuse(
    'table_not_empty',
    `The table ${target.tableName} ${what}, and a restore never overwrites. docs/operations.md says how to make an empty one of that name.`,
  );
}

/** @throws HeadlockError `unknown_backup_time`: nothing could be recorded under so high a number. */
function assertFits(highest: number): void {
  if (highest <= HIGHEST) return;
  const message = `Every sequence is raised by ${WRITES_PER_SECOND} for each second since the backup was made, and none may pass ${HIGHEST}. Say with --as-of a later time.`;
  throw refuse('unknown_backup_time', message);
}

/** 0 where it is not there. */
async function versionOf(key: ItemKey, table: DynamoTable): Promise<number> {
  return Number((await table.read(key, 'consistent'))?.version ?? 0);
}

function summarize(
  { pk, sk, sequence: former }: Item,
  { sequence, resumeAt }: Item,
): RestoredTable['branches'][number] {
  const revision = resumeAt === null ? null : String(resumeAt);
  const repository = pk.slice('branch:'.length);
  return { repository, branch: sk, revision, formerSequence: Number(former), sequence: Number(sequence) };
}

function refuse(code: 'unknown_backup_time' | 'table_not_empty', message: string): HeadlockError {
  return new HeadlockError(code, message, { kind: 'input' });
}
