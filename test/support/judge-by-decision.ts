import { findUnreadable, readGraph } from '../../functions/verify/fetch-range.ts';
import type { Oid } from '../../shared/model/oid.ts';
import type { Mode } from '../../shared/model/policy.ts';
import type { Verdict } from '../../shared/model/verdict.ts';
import { loadSigstore } from '../../shared/signatures/x509/load-sigstore.ts';
import { decide } from '../../shared/trust/decide.ts';
import { hashDeniedPayloads } from '../../shared/trust/hash-denied-payloads.ts';
import { judgeRange } from '../../shared/trust/judge-range.ts';
import { absentCommit } from '../../shared/trust/offence.ts';
import { createExceptions } from '../../shared/trust/policy-exceptions.ts';
import { reachableFrom, walkHistory } from '../../shared/trust/walk-history.ts';
import { type AttackVector, oidIn } from './attack-vectors.ts';
import { formatOutcome } from './vector-outcome.ts';
import type { VectorTerms } from './vector-policy.ts';
import { createVectorServer } from './vector-server.ts';

/** The decision alone, from the raw commits of the whole history. */
export async function judgeByDecision(vector: AttackVector, mode: Mode, terms: VectorTerms): Promise<string> {
  if (vector.tip === null) throw new Error('A decision has a tip.');
  const { signatories, branch } = terms;
  const [trusted, tip] = [oidIn(vector, vector.trusted), oidIn(vector, vector.tip)];
  if (tip === trusted) return formatOutcome(vector, trusted, null);
  const locked = (commit: Oid, reason: string) => formatOutcome(vector, trusted, { commit, reason });
  const sent = await createVectorServer(vector).source(branch.limits).fetchCommits({ want: tip, have: null });
  if (sent.kind === 'limit-exceeded') return locked(tip, 'limit_exceeded');
  if (sent.kind !== 'commits') throw new Error(sent.kind);

  const { commits, collisions } = sent;
  const graph = readGraph(commits);
  // Trust rule 1.6: the index is Headlock's own, whatever the server sends now.
  const ancestors = reachableFrom(trusted, readGraph(bodiesOf(vector)));
  const walk = walkHistory({ mode, trusted, tip, graph, ancestors });
  if (walk.kind === 'open') throw new Error('A walk with an ancestor index cannot stay open.');
  if (walk.kind === 'missing') return locked(walk.object, absentCommit(walk.object, collisions).reason);
  if (walk.kind === 'not-descendant') {
    // Trust rule 4.4: a walk that meets a commit whose parents cannot be read is not closed.
    const unreadable = findUnreadable(tip, commits);
    return unreadable === null ? locked(tip, 'history_rewritten') : locked(unreadable, 'malformed_commit');
  }

  const exceptions = createExceptions(terms.policy, hashDeniedPayloads(terms.policy, commits, branch.limits));
  const judgedAt = vector.at.getTime() / 1000;
  const verdicts = new Map<Oid, Verdict>();
  const range = { ...walk.range, collisions };
  await loadSigstore(signatories);
  for (const verdict of judgeRange(range, commits, {
    ...{
      signatories,
      compromisedKeys: terms.policy.compromisedKeys,
      branch: { ...branch, mode },
      exceptions,
      judgedAt,
    },
    firstSeen: findFirstSeen(vector),
  })) {
    verdicts.set(verdict.commit, verdict);
  }
  const { advance, offence } = decide(range, verdicts, branch);
  return formatOutcome(vector, advance?.oid ?? trusted, offence);
}

/** Trust rule 3.1: a commit is first seen at the first decision whose tip leads to it. */
function findFirstSeen(vector: AttackVector): ReadonlyMap<Oid, number> {
  const graph = readGraph(bodiesOf(vector));
  const seen = new Map<Oid, number>();
  for (const { at, tip } of vector.earlier) {
    for (const id of reachableFrom(oidIn(vector, tip), graph)) if (!seen.has(id)) seen.set(id, Date.parse(at) / 1000);
  }
  return seen;
}

function bodiesOf({ commits }: AttackVector): ReadonlyMap<Oid, Uint8Array> {
  return new Map([...commits.values()].map(({ oid, raw }) => [oid, raw]));
}
