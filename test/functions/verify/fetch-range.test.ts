import { describe, expect, it } from 'vitest';
import { fetchRange } from '../../../functions/verify/fetch-range.ts';
import type { CommitSource } from '../../../shared/git/commit-source.ts';
import type { Mode } from '../../../shared/model/policy.ts';
import { createMemoryForge } from '../../support/memory-forge.ts';

describe.each<Mode>(['all', 'first-parent', 'head'])('fetchRange in mode %s', (mode) => {
  it('concludes nothing of history from a commit whose parents cannot be read (rule 4.4)', async () => {
    const forge = createMemoryForge();
    const trusted = forge.commit('Trusted');
    const broken = forge.add(`tree 123\nparent ${trusted}\n\nBroken\n`);
    const above = forge.commit('Above', { parents: [broken] });
    const source: CommitSource = {
      ...forge.source(),
      fetchCommits: async () => ({ kind: 'commits', commits: forge.commits, collisions: new Set() }),
    };
    for (const tip of [broken, above]) {
      const outcome = await fetchRange(source, { mode, trusted, tip, readAnchor: false });
      expect(outcome).toMatchObject({ kind: 'undecided', offence: { reason: 'malformed_commit', commit: broken } });
    }
    const elsewhere = forge.commit('Another history');
    const outcome = await fetchRange(source, { mode, trusted, tip: elsewhere, readAnchor: false });
    expect(outcome).toMatchObject({ kind: 'not-descendant' });
  });
});

it('takes no old commit for a new one where the server keeps a part of the trusted history to itself (rules 1.5, 1.6)', async () => {
  const forge = createMemoryForge();
  const root = forge.commit('Root');
  const old = forge.commit('Old', { parents: [root] });
  const between = forge.commit('Between', { parents: [old] });
  const other = forge.commit('Other', { parents: [root] });
  const trusted = forge.commit('Trusted', { parents: [other, between] });
  const side = forge.commit('Side', { parents: [old] });
  const tip = forge.commit('Tip', { parents: [trusted, side] });
  const request = { mode: 'all', trusted, tip, readAnchor: false } as const;
  for (const hidden of [between, trusted]) {
    forge.withheld.add(hidden);
    const outcome = await fetchRange(forge.source(), request);
    expect(outcome).toMatchObject({ kind: 'undecided', offence: { reason: 'missing_object', commit: hidden } });
    forge.withheld.clear();
  }
  expect(await fetchRange(forge.source(), request)).toMatchObject({ kind: 'range', range: { asked: [side, tip] } });
});
