import { describe, expect, it } from 'vitest';
import type { SignedStatement } from '../../../shared/model/statement.ts';
import { createDynamoClient } from '../../../shared/store/dynamo-client.ts';
import { createDynamoStatementStore } from '../../../shared/store/dynamo-statement-store.ts';
import { TABLE, useEmbeddedServices } from '../../support/embedded-services.ts';
import { oidOf } from '../../support/small-history.ts';

useEmbeddedServices();
const createStore = () => createDynamoStatementStore(createDynamoClient(), TABLE);

function statementOf(sequence: number, minute: number, envelope = '{}'): SignedStatement {
  return {
    ...{ sequence, state: 'Trusted', revision: oidOf('b'), keyId: '1'.repeat(64), envelope },
    issuedAt: `2026-11-21T10:${minute}:00.000Z`,
    expires: `2026-11-22T10:${minute}:00.000Z`,
  };
}

describe('createDynamoStatementStore', () => {
  it('keeps the latest statement of each branch, in whatever order they come (rule 6.2)', async () => {
    const store = createStore();
    const ref = { repository: 'payments', branch: 'release/1.0' };
    expect(await store.read(ref)).toBeNull();
    const orderly = [
      statementOf(9, 10),
      statementOf(9, 11),
      statementOf(10, 10),
      statementOf(10, 12),
      statementOf(100, 10),
    ];
    for (const [n, statement] of orderly.entries()) {
      await store.put(ref, statement);
      for (const earlier of orderly.slice(0, n)) await store.put(ref, earlier);
      expect(await store.read(ref)).toEqual(statement);
    }
    expect(await store.read({ ...ref, branch: 'main' })).toBeNull();
    expect(await store.read({ repository: 'payments:release', branch: 'release/1.0' })).toBeNull();
  });

  it('takes the same statement signed anew', async () => {
    const store = createStore();
    const ref = { repository: 'again', branch: 'main' };
    await store.put(ref, statementOf(1, 10));
    await store.put(ref, statementOf(1, 10, '{"again":true}'));
    expect((await store.read(ref))?.envelope).toBe('{"again":true}');
  });
});
