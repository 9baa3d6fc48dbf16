import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { computeOid } from '../../../shared/git/object-id.ts';
import { createPackOffsets } from '../../../shared/git/pack-offsets.ts';
import { type Oid, parseOid } from '../../../shared/model/oid.ts';
import { buildDelta, buildPack } from '../../support/build-pack.ts';
import { readPack } from '../../support/read-pack.ts';

const oidAt = (offset: number): Oid => parseOid(createHash('sha1').update(`${offset}`).digest('hex'));

test('gives what was set, in whatever order, and nothing for any other offset', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(60)), (set) => {
      const offsets = createPackOffsets();
      for (const offset of set) offsets.set(offset, oidAt(offset));
      for (let offset = -1; offset <= 61; offset += 1)
        expect(offsets.get(offset)).toBe(set.includes(offset) ? oidAt(offset) : undefined);
    }),
  );
});

test('a delta may rest on one whose base came behind it', async () => {
  const body = (text: string): Buffer => Buffer.from(`tree ${'a'.repeat(40)}\n\n${text}`);
  const oidOf = (text: string): Oid => computeOid('commit', body(text), 'sha1').oid;
  const pack = buildPack([
    { type: 'ref-delta', base: oidOf('one'), body: buildDelta(body('one'), body('two')) },
    { type: 'commit', body: body('one') },
    { type: 'ofs-delta', base: 0, body: buildDelta(body('two'), body('three')) },
  ]);
  expect([...(await readPack(pack)).commits.keys()].sort()).toEqual(['one', 'two', 'three'].map(oidOf).sort());
});
