import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createJudge, createSigners } from './signed-history.ts';
import { type Area, SIGNED, type Workshop } from './workshop.ts';

/** Trust rules 1.1, 1.5, 1.6: what a server, or the repository's own tricks, can make of a history. */
export async function makeServer(workshop: Workshop): Promise<Area> {
  const area = workshop.area();
  const signers = await createSigners();
  const serve = createJudge(area, signers);
  const damaged = { 'expect-by': { cli: 'unreachable' } };

  const omits = { row: 'server omits a side branch', server: { withholds: ['U'] }, ...damaged };
  const merged = { A: { of: ['T'] }, U: { of: ['T'], by: null }, M: { of: ['A', 'U'] } };
  await serve('omits an unsigned side branch', ['1.5', '1.6'], merged, {
    ...omits,
    expect: { all: 'locked at A on U: missing_object', 'first-parent': 'trusted M', head: 'trusted M' },
  });
  await serve(
    'omits the end of a side branch',
    ['1.5', '1.6'],
    { A: merged.A, U: merged.U, V: { of: ['U'] }, M: { of: ['A', 'V'] } },
    {
      ...omits,
      expect: { all: 'locked at A on U: missing_object', 'first-parent': 'trusted M', head: 'trusted M' },
    },
  );
  await serve(
    'omits the way down to the trusted revision',
    '1.5',
    { A: { of: ['T'] }, B: { of: ['A'] } },
    {
      server: { withholds: ['A'] },
      ...damaged,
      expect: 'locked at T on A: missing_object',
    },
  );
  await serve(
    'omits the tip',
    '1.5',
    { A: { of: ['T'] } },
    {
      server: { withholds: ['A'] },
      expect: 'locked at T on A: missing_object',
    },
  );

  const old = { row: 'old commits of an honest server', anchor: 'X' };
  const before = SIGNED - 400 * 86_400;
  const forked = { X: { of: ['T'], by: null }, A: { of: ['X'] }, S: { of: ['T'] }, M: { of: ['A', 'S'] } };
  await serve('sends old unsigned commits once more', '1.6', forked, {
    ...old,
    server: { sends: ['T', 'X'] },
    expect: 'trusted M',
  });
  await serve(
    'sends old unsigned commits of skewed clocks once more',
    '1.6',
    {
      ...forked,
      A: { of: ['X'], seconds: before },
      S: { of: ['T'], seconds: before - 60 },
      M: { of: ['A', 'S'], seconds: before + 60 },
    },
    { ...old, server: { sends: ['T', 'X'] }, expect: 'trusted M' },
  );
  const behind = { X: { of: ['O'], by: null }, A: { of: ['X'] }, S: { of: ['T'] }, M: { of: ['A', 'S'] } };
  await serve(
    'omits a commit behind the trusted revision',
    ['1.5', '1.6'],
    { O: { of: ['T'], by: null }, ...behind },
    {
      made: 'ssh-keygen. The decision has its index of ancestors already; the handler and the command have to read it.',
      anchor: 'X',
      server: { withholds: ['O'] },
      expect: 'trusted M',
      'expect-by': {
        handler: { all: 'locked at X on O: missing_object', 'first-parent': 'trusted M', head: 'trusted M' },
        cli: 'unreachable',
      },
    },
  );
  await serve(
    'omits what is behind the trusted revision under a foxtrot merge',
    ['1.5', '4.4'],
    { X: { of: ['T'], by: null }, S: { of: ['T'] }, M: { of: ['S', 'X'] } },
    {
      made: 'ssh-keygen. The decision has its index of ancestors already; the handler and the command have to read it.',
      anchor: 'X',
      server: { withholds: ['T'] },
      expect: { all: 'trusted M', 'first-parent': 'locked at X on M: history_rewritten', head: 'trusted M' },
      'expect-by': {
        handler: {
          all: 'locked at X on T: missing_object',
          'first-parent': 'locked at X on T: missing_object',
          head: 'trusted M',
        },
        cli: 'unreachable',
      },
    },
  );
  await serve(
    'sends commits that nobody asked for',
    '1.6',
    { A: { of: ['T'] }, Z: { of: ['T'], by: null }, Y: { of: [], by: 'mallory' } },
    {
      server: { sends: ['Z', 'Y'] },
      tip: 'A',
      expect: 'trusted A',
    },
  );

  const swapped = { ...damaged, expect: 'locked at T on A: missing_object' };
  await serve(
    'sends other bytes for the tip',
    '1.1',
    { A: { of: ['T'] }, B: { of: ['T'], by: 'bob' } },
    {
      server: { swaps: { A: 'B' } },
      tip: 'A',
      ...swapped,
    },
  );
  await serve(
    'sends other bytes for a commit on the way',
    '1.1',
    { A: { of: ['T'], by: null }, B: { of: ['T'] }, C: { of: ['A'] } },
    {
      server: { swaps: { A: 'B' } },
      tip: 'C',
      ...swapped,
    },
  );

  const collision = {
    row: 'SHA-1 collision blocks',
    made: 'ssh-keygen; the detector is told to flag the commit, since no commit that collides was ever made.',
    'not-by': {
      cli: 'git hands out the bytes and nobody has a commit that collides: making one takes some 2^61 steps.',
    },
  };
  await serve(
    'sends a signed commit that shows a collision attack',
    '1.1',
    { A: { of: ['T'] } },
    {
      ...collision,
      server: { collides: ['A'] },
      expect: 'locked at T on A: sha1_collision',
    },
  );
  await serve(
    'sends a side that shows a collision attack',
    '1.1',
    { A: { of: ['T'] }, S: { of: ['T'] }, M: { of: ['A', 'S'] } },
    {
      ...collision,
      server: { collides: ['S'] },
      expect: { all: 'locked at A on S: sha1_collision', 'first-parent': 'trusted M', head: 'trusted M' },
    },
  );
  const shattered = await readFile(
    join(import.meta.dirname, '../../../../shared/data/sha1-collisions/shattered-1.first-1024.bin'),
  );
  for (const [name, end, expect] of [
    ['the first colliding block of SHAttered in a message, where it collides with nothing', 256, 'trusted A'],
    ['both colliding blocks of SHAttered in a message', 320, 'locked at T on A: malformed_commit'],
  ] as const) {
    await serve(
      name,
      '1.1',
      { A: { of: ['T'], message: shattered.toString('latin1', 192, end) } },
      {
        row: 'SHA-1 collision blocks',
        made: 'ssh-keygen, over bytes 192 and on of shattered-1.pdf (Stevens and others, 2017). The second block has a NUL byte.',
        expect,
      },
    );
  }

  const replaced = { row: 'git replaced object', rule: '1.5' };
  await serve(
    'an unsigned commit that git shows as a signed one',
    '1.5',
    { A: { of: ['T'], by: null }, B: { of: ['T'] } },
    {
      ...replaced,
      server: { replaces: { A: 'B' } },
      tip: 'A',
      expect: 'locked at T on A: unsigned',
    },
  );
  await serve(
    'a signed commit that git shows as an unsigned one',
    '1.5',
    { A: { of: ['T'] }, B: { of: ['T'], by: null } },
    {
      ...replaced,
      server: { replaces: { A: 'B' } },
      tip: 'A',
      expect: 'trusted A',
    },
  );
  await serve(
    'a parent that git shows as another',
    '1.5',
    { U: { of: ['T'], by: null }, A: { of: ['U'] }, B: { of: ['T'] } },
    {
      ...replaced,
      server: { replaces: { A: 'B' } },
      tip: 'A',
      expect: { all: 'locked at T on U: unsigned', 'first-parent': 'locked at T on U: unsigned', head: 'trusted A' },
    },
  );
  await serve(
    'a graft past an unsigned commit',
    '1.5',
    { U: { of: ['T'], by: null }, A: { of: ['U'] } },
    {
      server: { grafts: { A: ['T'] } },
      expect: { all: 'locked at T on U: unsigned', 'first-parent': 'locked at T on U: unsigned', head: 'trusted A' },
    },
  );
  await serve(
    'the boundary of a shallow clone',
    '1.5',
    { U: { of: ['T'], by: null }, A: { of: ['U'] } },
    {
      server: { shallow: ['A'] },
      expect: { all: 'locked at T on U: unsigned', 'first-parent': 'locked at T on U: unsigned', head: 'trusted A' },
      'expect-by': { cli: 'unreachable' },
    },
  );
  await signers.cleanup();
  return area;
}
