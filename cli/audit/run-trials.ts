import type { Oid } from '../../shared/model/oid.ts';
import type { Mode } from '../../shared/model/policy.ts';
import type { KeyTime } from '../../shared/model/signatory.ts';
import type { Verdict } from '../../shared/model/verdict.ts';
import { decide } from '../../shared/trust/decide.ts';
import { absentCommit, type Offence } from '../../shared/trust/offence.ts';
import { type CommitGraph, reachableFrom, type Walk, walkHistory } from '../../shared/trust/walk-history.ts';
import { findAnchor } from './find-anchor.ts';
import { hasCollidingParent, parentsOutside } from './history-lines.ts';

export const MODES = ['all', 'first-parent', 'head'] as const satisfies readonly Mode[];
export const KEY_TIMES = ['first-seen', 'signature', 'ignore'] as const satisfies readonly KeyTime[];

/** What a branch would do that is switched on at the start of the audited history. */
export interface Trial {
  readonly mode: Mode;
  readonly keyTime: KeyTime;
  /** Whether the forge's own key is listed as well. */
  readonly withForge: boolean;
  /** How far it would come. */
  readonly reaches: Oid;
  /** Null where it would not lock. */
  readonly lock: Offence | null;
  /** The oldest commit of the first-parent chain that would not lock as the anchor. */
  readonly anchor: Oid;
  /** Commits that would be judged and verify from there. */
  readonly verified: number;
}

export interface TrialHistory {
  readonly tip: Oid;
  /** The tip first; its last is where the trial starts. */
  readonly chain: readonly Oid[];
  readonly graph: CommitGraph;
  /** Ids of commits that are left out of the graph, for they collide (trust rule 1.1). */
  readonly collisions: ReadonlySet<Oid>;
}

/** Runs every mode with verdicts as one `keyTime` has them, by the code that decides a branch. */
export type RunTrials = (
  verdicts: ReadonlyMap<Oid, Verdict>,
  terms: Pick<Trial, 'keyTime' | 'withForge'>,
) => readonly Trial[];

export function prepareTrials({ chain, graph, tip, collisions }: TrialHistory): RunTrials {
  const trusted = chain.at(-1) as Oid;
  const sent = { commits: graph, collisions };
  // What is not there is believed to be old: that of a shallow clone cannot be told.
  const ancestors = new Set([...reachableFrom(trusted, graph), ...parentsOutside(sent)]);
  const walks = MODES.map((mode) => {
    const walk = tip === trusted ? null : walkHistory({ mode, trusted, tip, graph, ancestors });
    return { mode, walk };
  });
  return (verdicts, terms) => {
    const isVerified = (oid: Oid) => verdicts.get(oid)?.outcome === 'verified' && !hasCollidingParent(oid, sent);
    return walks.map(({ mode, walk }) => {
      const { anchor, judged: verified } = findAnchor(mode, chain, graph, isVerified);
      return { mode, ...terms, ...decideTrial(walk, collisions, trusted, tip, verdicts), anchor, verified };
    });
  };
}

function decideTrial(
  walk: Walk | null,
  collisions: ReadonlySet<Oid>,
  trusted: Oid,
  tip: Oid,
  verdicts: ReadonlyMap<Oid, Verdict>,
): Pick<Trial, 'reaches' | 'lock'> {
  if (walk === null) return { reaches: trusted, lock: null };
  switch (walk.kind) {
    case 'range': {
      const { advance, offence } = decide({ ...walk.range, collisions }, verdicts, { publishers: null });
      return { reaches: advance?.oid ?? trusted, lock: offence };
    }
    case 'missing':
      return { reaches: trusted, lock: absentCommit(walk.object, collisions) };
    case 'open':
    case 'not-descendant':
      return { reaches: trusted, lock: offTheChain(trusted, tip) };
  }
}

/** Trust rule 4.4: what is not on the tip's first-parent chain cannot be trusted in that mode. */
function offTheChain(trusted: Oid, tip: Oid): Offence {
  return {
    commit: tip,
    reason: 'history_rewritten',
    message: `${trusted.slice(0, 12)}… is not on the first-parent chain of the tip.`,
    nextStep: 'Take an anchor on that chain: `git log --first-parent` lists it.',
  };
}
