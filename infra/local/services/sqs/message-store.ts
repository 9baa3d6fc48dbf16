import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';

/** A message as it is stored. Times are milliseconds since 1970. */
export interface StoredMessage {
  readonly sequence: number;
  readonly messageId: string;
  readonly groupId: string;
  readonly deduplicationId: string;
  readonly body: string;
  readonly sent: number;
  /** In the future while the message is in flight. */
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
  const add = database.prepare(
    'INSERT INTO message (queue, messageId, groupId, deduplicationId, body, sent, visibleAt) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const forget = database.prepare('DELETE FROM duplicate WHERE expires <= ?');
  const findSent = database.prepare(
    'SELECT messageId, sequence FROM duplicate WHERE scope = ? AND deduplicationId = ?',
  );
  const remember = database.prepare('INSERT INTO duplicate VALUES (?, ?, ?, ?, ?)');
  const get = database.prepare('SELECT * FROM message WHERE queue = ? AND sequence = ?');
  // A group with a message in flight is locked: its order would be lost.
  const nextGroup = database.prepare(
    `SELECT groupId FROM message WHERE queue = :queue
     AND groupId NOT IN (SELECT groupId FROM message WHERE queue = :queue AND visibleAt > :now)
     ORDER BY sequence LIMIT 1`,
  );
  const ofGroup = database.prepare('SELECT * FROM message WHERE queue = ? AND groupId = ? ORDER BY sequence LIMIT ?');
  const take = database.prepare(
    `UPDATE message SET receipt = ?, visibleAt = ?, receiveCount = receiveCount + 1,
     firstReceived = coalesce(firstReceived, ?) WHERE sequence = ? RETURNING *`,
  );
  const move = database.prepare(
    'UPDATE message SET queue = ?, deadLetterSource = ?, receipt = NULL WHERE sequence = ?',
  );
  const setVisibleAt = database.prepare('UPDATE message SET visibleAt = ? WHERE sequence = ?');
  const remove = database.prepare('DELETE FROM message WHERE sequence = ?');
  const expire = database.prepare('DELETE FROM message WHERE queue = ? AND sent < ?');
  const nextVisible = database.prepare('SELECT min(visibleAt) AS at FROM message WHERE queue = ? AND visibleAt > ?');
  const release = database.prepare('UPDATE message SET visibleAt = :now, receipt = NULL WHERE visibleAt > :now');
  return {
    add(queue: string, groupId: string, deduplicationId: string, body: string, now: number): MessageReference {
      const messageId = randomUUID();
      const { lastInsertRowid } = add.run(queue, messageId, groupId, deduplicationId, body, now, now);
      return { messageId, sequence: Number(lastInsertRowid) };
    },
    /** What was sent under the same deduplication id and is still remembered, also where it is deleted already. */
    findSent(scope: string, deduplicationId: string, now: number) {
      forget.run(now);
      return findSent.get(scope, deduplicationId) as MessageReference | undefined;
    },
    remember: (scope: string, deduplicationId: string, { messageId, sequence }: MessageReference, expires: number) =>
      remember.run(scope, deduplicationId, messageId, sequence, expires),
    get: (queue: string, sequence: number) => get.get(queue, sequence) as StoredMessage | undefined,
    /** The group of the oldest message that can be received now. */
    findNextGroup: (queue: string, now: number) =>
      (nextGroup.get({ queue, now }) as { groupId: string } | undefined)?.groupId,
    listOfGroup: (queue: string, groupId: string, limit: number) =>
      ofGroup.all(queue, groupId, limit) as unknown as readonly StoredMessage[],
    take: (sequence: number, receipt: string, visibleAt: number, now: number) =>
      take.get(receipt, visibleAt, now, sequence) as unknown as StoredMessage,
    move: (sequence: number, queue: string, source: string) => move.run(queue, source, sequence),
    setVisibleAt: (sequence: number, visibleAt: number) => setVisibleAt.run(visibleAt, sequence),
    remove: (sequence: number) => remove.run(sequence),
    /** Drops what is older than the queue keeps. */
    expire: (queue: string, sentBefore: number) => expire.run(queue, sentBefore),
    /** When the next message in flight becomes visible again. */
    findNextVisible: (queue: string, now: number) =>
      (nextVisible.get(queue, now) as { at: number | null } | undefined)?.at ?? null,
    releaseInFlight: (now: number) => release.run({ now }),
  };
}
