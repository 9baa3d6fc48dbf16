import type { BranchLimits } from '../model/limits.ts';
import type { Oid } from '../model/oid.ts';
import type { Keyring } from '../signatures/keyring.ts';
import { runAllChecks, runChecksInBackground } from '../signatures/signature-check.ts';
import { type ProvenCommit, proveCommit } from './judge-commit.ts';

export type RawCommit = readonly [oid: Oid, raw: Uint8Array];

/** Commits that take each step together. More would leave the processor's caches, and be done in vain where nobody asks on. */
const BATCH = 32;

/** What each commit proves, in the order given, on this thread. */
export function* proveCommits(
  commits: Iterable<RawCommit>,
  keyring: Keyring,
  limits: BranchLimits,
): Generator<ProvenCommit, void, undefined> {
  for (const batch of inBatches(commits))
    yield* runAllChecks(batch.map(([oid, raw]) => proveCommit(oid, raw, keyring, limits)));
}

function* inBatches(commits: Iterable<RawCommit>): Generator<readonly RawCommit[], void, undefined> {
  let batch: RawCommit[] = [];
  for (const commit of commits) {
    batch.push(commit);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  yield batch;
}

/** Likewise on Node's own threads, up to `inFlight` commits at once. Faster where there is more than one processor alone. */
export async function* proveCommitsInBackground(
  commits: Iterable<RawCommit>,
  keyring: Keyring,
  limits: BranchLimits,
  inFlight: number,
): AsyncGenerator<ProvenCommit, void, undefined> {
  const running: Promise<ProvenCommit>[] = [];
  for (const [oid, raw] of commits) {
    const proving = runChecksInBackground(proveCommit(oid, raw, keyring, limits));
    // Handled when its turn comes, which an earlier fault may forestall.
    proving.catch(() => {});
    running.push(proving);
    const [first] = running;
    if (running.length < inFlight || first === undefined) continue;
    running.shift();
    yield await first;
  }
  for (const proving of running) yield await proving;
}
