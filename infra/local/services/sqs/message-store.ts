import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import type { DatabaseSync } from 'node:sqlite';

/** A message as it is stored. Times are milliseconds since 1970. */
export interface StoredMessage {
  readonly sequence: number;
  readonly messageId: string;
  readonly groupId: string;
  readonly deduplicationId: string;
  readonly body: string;
  readonly sent: number;
  /** In the future while the message is delayed or in flight. */
  readonly visibleAt: number;
  readonly receiveCount: number;
  readonly firstReceived: number | null;
  /** Of the latest receive. */
  readonly receipt: string | null;
  /** ARN of the queue that it failed in. */
  readonly deadLetterSource: string | null;
}

export type MessageReference = Pick<StoredMessage, 'messageId' | 'sequence'>;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS message (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, messageId TEXT NOT NULL, groupId TEXT NOT NULL,
    deduplicationId TEXT NOT NULL, body TEXT NOT NULL, sent INTEGER NOT NULL, visibleAt INTEGER NOT NULL,
    receiveCount INTEGER NOT NULL DEFAULT 0, firstReceived INTEGER, receipt TEXT, deadLetterSource TEXT
  ) STRICT;
  CREATE INDEX IF NOT EXISTS messageByQueue ON message (queue);
  CREATE INDEX IF NOT EXISTS messageByGroup ON message (queue, groupId);
  CREATE INDEX IF NOT EXISTS messageByAge ON message (queue, sent);
  CREATE INDEX IF NOT EXISTS messageByVisibility ON message (queue, visibleAt);
  CREATE TABLE IF NOT EXISTS duplicate (
    scope TEXT NOT NULL, deduplicationId TEXT NOT NULL, messageId TEXT NOT NULL, sequence INTEGER NOT NULL,
    expires INTEGER NOT NULL, PRIMARY KEY (scope, deduplicationId)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS duplicateByExpiry ON duplicate (expires);`;

export type MessageStore = ReturnType<typeof openMessageStore>;

/** The messages of all queues, which are named by their ARN. */
export function openMessageStore(database: DatabaseSync) {
  database.exec(SCHEMA);
  const sql = database.createTagStore();
  /** By a queue's ARN: there may be something to receive. One listener for each receiver that waits. */
  const changes = new EventEmitter().setMaxListeners(0);
  return {
    add(
      queue: string,
      groupId: string,
      deduplicationId: string,
      body: string,
      now: number,
      visibleAt: number,
    ): MessageReference {
      const messageId = randomUUID();
      const { lastInsertRowid } = sql.run`
        INSERT INTO message (queue, messageId, groupId, deduplicationId, body, sent, visibleAt)
        VALUES (${queue}, ${messageId}, ${groupId}, ${deduplicationId}, ${body}, ${now}, ${visibleAt})`;
      changes.emit(queue);
      return { messageId, sequence: Number(lastInsertRowid) };
    },
    /** What was sent under the same deduplication id and is still remembered, also where it is deleted already. */
    findSent(scope: string, deduplicationId: string, now: number) {
      sql.run`DELETE FROM duplicate WHERE expires <= ${now}`;
      return sql.get`
        SELECT messageId, sequence FROM duplicate
        WHERE scope = ${scope} AND deduplicationId = ${deduplicationId}` as MessageReference | undefined;
    },
    remember(scope: string, deduplicationId: string, { messageId, sequence }: MessageReference, expires: number) {
      sql.run`INSERT INTO duplicate VALUES (${scope}, ${deduplicationId}, ${messageId}, ${sequence}, ${expires})`;
    },
    find: (queue: string, sequence: number) =>
      sql.get`SELECT * FROM message WHERE queue = ${queue} AND sequence = ${sequence}` as StoredMessage | undefined,
    /** The first messages of the group whose turn it is; a group with a message in flight is locked: its order would be lost. */
    listNext: (queue: string, limit: number, now: number) =>
      sql.all`
        SELECT * FROM message WHERE queue = ${queue} AND groupId = (
          SELECT groupId FROM message WHERE queue = ${queue}
          AND groupId NOT IN (SELECT groupId FROM message WHERE queue = ${queue} AND visibleAt > ${now})
          ORDER BY sequence LIMIT 1
        ) ORDER BY sequence LIMIT ${limit}` as unknown as readonly StoredMessage[],
    /** What could be received, the oldest first. */
    listVisible: (queue: string, now: number) =>
      sql.all`
        SELECT * FROM message WHERE queue = ${queue} AND visibleAt <= ${now}
        ORDER BY sequence` as unknown as readonly StoredMessage[],
    take: (sequence: number, receipt: string, visibleAt: number, now: number) =>
      sql.get`
        UPDATE message SET receipt = ${receipt}, visibleAt = ${visibleAt}, receiveCount = receiveCount + 1,
        firstReceived = coalesce(firstReceived, ${now}) WHERE sequence = ${sequence}
        RETURNING *` as unknown as StoredMessage,
    move(sequence: number, queue: string, source: string) {
      // Where it had a deduplication id, that is now the message's own id: two that share one are both kept.
      sql.run`UPDATE message SET queue = ${queue}, deadLetterSource = ${source}, receipt = NULL,
        deduplicationId = iif(deduplicationId = '', '', messageId) WHERE sequence = ${sequence}`;
      changes.emit(queue);
    },
    setVisibleAt(queue: string, sequence: number, visibleAt: number) {
      sql.run`UPDATE message SET visibleAt = ${visibleAt} WHERE sequence = ${sequence}`;
      changes.emit(queue);
    },
    remove(queue: string, sequence: number) {
      sql.run`DELETE FROM message WHERE sequence = ${sequence}`;
      changes.emit(queue);
    },
    /** Drops what is older than the queue keeps. */
    expire(queue: string, sentBefore: number) {
      sql.run`DELETE FROM message WHERE queue = ${queue} AND sent < ${sentBefore}`;
    },
    /** Makes visible whatever is in flight, or delayed. */
    releaseAll(now: number) {
      sql.run`UPDATE message SET visibleAt = ${now}, receipt = NULL WHERE visibleAt > ${now}`;
    },
    /** Until there may be something to receive, or the time is over, or nobody waits any more. */
    async waitForChange(queue: string, now: number, end: number, gone: AbortSignal): Promise<void> {
      const row = sql.get`SELECT min(visibleAt) AS at FROM message WHERE queue = ${queue} AND visibleAt > ${now}`;
      const milliseconds = Math.min(end, Number(row?.at ?? end)) - now;
      const signal = AbortSignal.any([gone, AbortSignal.timeout(milliseconds)]);
      await once(changes, queue, { signal }).catch(() => {});
    },
  };
}
