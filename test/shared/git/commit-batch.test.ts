import { describe, expect, it } from 'vitest';
import { readCommitBatch } from '../../../shared/git/commit-batch.ts';
import { computeOid } from '../../../shared/git/object-id.ts';
import { createStreamReader } from '../../../shared/git/stream-reader.ts';
import { DEFAULT_BRANCH_LIMITS } from '../../../shared/model/limits.ts';

async function* chunksOf(...texts: readonly string[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const text of texts) yield Buffer.from(text);
}

describe('readCommitBatch', () => {
  const body = 'tree\n';
  const { oid } = computeOid('commit', Buffer.from(body), 'sha1');
  const { oid: tagOid } = computeOid('tag', Buffer.from(body), 'sha1');

  it.each([
    ['an object that is not there', `${oid} missing\n`, `${oid} missing`],
    ['an object that is no commit', `${oid} tree ${body.length}\n${body}\n`, `${oid} tree ${body.length}`],
    ['a tag', `${tagOid} tag ${body.length}\n${body}\n`, tagOid],
    ['other bytes than the id says (trust rule 1.1)', `${oid} commit 3\nabc\n`, oid],
  ])('takes nothing from %s, and names it', async (_, output, named) => {
    await expect(readCommitBatch(chunksOf(output), 'sha1', DEFAULT_BRANCH_LIMITS)).rejects.toMatchObject({
      code: 'bad_response',
      message: expect.stringContaining(`object ${named} cannot be read`),
    });
  });
});

describe('createStreamReader', () => {
  it('holds no more of a line than was asked for (trust rule 4.7)', async () => {
    expect(await createStreamReader(chunksOf('ab', 'cd', 'e\n')).readLine(5)).toBe('abcde');
    expect(await createStreamReader(chunksOf('abcdef\n')).readLine(5)).toBeNull();
    expect(await createStreamReader(chunksOf('ab', 'cdef', 'never read\n')).readLine(5)).toBeNull();
  });
});
