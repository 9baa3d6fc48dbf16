import type { DatabaseSync } from 'node:sqlite';

const WINDOW_MILLISECONDS = 5 * 60 * 1000;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS deduplication (
    scope TEXT NOT NULL, deduplicationId TEXT NOT NULL, messageId TEXT NOT NULL, sequence INTEGER NOT NULL,
    expires INTEGER NOT NULL, PRIMARY KEY (scope, deduplicationId)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS deduplicationByExpiry ON deduplication (expires);`;

export interface Receipt {
  readonly messageId: string;
  readonly sequence: number;
}

export type Deduplication = ReturnType<typeof openDeduplication>;

/** What was sent in the last five minutes, also where it is deleted already. */
export function openDeduplication(database: DatabaseSync) {
  database.exec(SCHEMA);
  const expire = database.prepare('DELETE FROM deduplication WHERE expires <= ?');
  const find = database.prepare(
    'SELECT messageId, sequence FROM deduplication WHERE scope = ? AND deduplicationId = ?',
  );
  const add = database.prepare('INSERT INTO deduplication VALUES (?, ?, ?, ?, ?)');
  return {
    find(scope: string, deduplicationId: string, now: number) {
      expire.run(now);
      return find.get(scope, deduplicationId) as Receipt | undefined;
    },
    add: (scope: string, deduplicationId: string, { messageId, sequence }: Receipt, now: number) =>
      add.run(scope, deduplicationId, messageId, sequence, now + WINDOW_MILLISECONDS),
  };
}
