import { afterAll, expect, test } from 'vitest';
import { computeOid } from '../../../shared/git/object-id.ts';
import { createGitRepository } from '../../support/git-repository.ts';

const repositories = {
  sha1: await createGitRepository({ bare: true }),
  sha256: await createGitRepository({ bare: true, format: 'sha256' }),
};
afterAll(() => Promise.all(Object.values(repositories).map((repository) => repository.remove())));

test.each(['sha1', 'sha256'] as const)('ids are those that git computes (%s)', async (format) => {
  for (const body of ['', 'tree\n', 'x'.repeat(70_000)]) {
    for (const type of ['commit', 'tree', 'blob', 'tag'] as const) {
      const oid = await repositories[format].writeObject(type, body);
      expect(computeOid(type, Buffer.from(body), format)).toEqual({ oid, collides: false });
    }
  }
});
