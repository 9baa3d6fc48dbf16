import type { BranchRef } from '../../shared/model/branch-ref.ts';
import { type BranchState, publishedStateOf } from '../../shared/model/branch-state.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import type { Oid } from '../../shared/model/oid.ts';
import type { CanaryPorts } from './ports.ts';
import type { SigningKey } from './sign-payload.ts';
import { type CanaryCommit, writeCommit } from './write-commit.ts';

/** What the canary found wrong; the first is the worst that can be. */
export type CanaryFault =
  | 'bad_commit_trusted'
  | 'good_commit_not_trusted'
  | 'bad_commit_not_locked'
  | 'branch_not_unlocked'
  | 'canary_not_ready';

export interface CanaryFlight {
  /** From the end of the push to the recorded decision. */
  readonly trustedAfterMs: number;
  readonly lockedAfterMs: number;
  readonly unlockedAfterMs: number;
}

export interface CanaryOptions {
  readonly ref: BranchRef;
  readonly key: SigningKey;
  /** For each of the three decisions. */
  readonly patienceMs: number;
}

const POLL_MS = 1000;

/**
 * Pushes a signed commit that must become trusted, then an unsigned one at which the branch must lock, and takes that back:
 * proof from end to end that Headlock decides, and decides rightly. A run that was cut off is mended by the next.
 *
 * @throws HeadlockError with a `CanaryFault`: what an operator must look at
 * @throws TransportError where the forge takes no push
 */
export async function flyCanary({ ref, key, patienceMs }: CanaryOptions, ports: CanaryPorts): Promise<CanaryFlight> {
  const before = await ports.branches.read(ref);
  if (before === null || before.trusted === null) {
    const next = `Guard it in headlock.yaml, with the canary's key alone as signatory, and run \`headlock apply\`.`;
    throw fault('canary_not_ready', ref, before, `has no trusted revision yet. ${next}`);
  }
  const good = writeCommit(before.trusted.oid, 'canary: signed', ports.now(), key);
  const bad = writeCommit(good.oid, 'canary: not signed', ports.now(), null);
  const push = ({ oid, objects }: CanaryCommit) => ports.push({ branch: ref.branch, to: oid, objects });

  /** @returns milliseconds */
  const waitFor = async (isThere: (state: BranchState) => boolean, code: CanaryFault, wrong: string) => {
    const start = ports.now().getTime();
    for (;;) {
      const state = await ports.branches.read(ref);
      const waited = ports.now().getTime() - start;
      if (state?.trusted?.oid === bad.oid) throw fault('bad_commit_trusted', ref, state, `TRUSTS ${bad.oid}, ${BAD}`);
      if (state !== null && isThere(state)) return waited;
      if (waited >= patienceMs) throw fault(code, ref, state, `${wrong} within ${patienceMs / 1000} s.`);
      await ports.sleep(POLL_MS);
    }
  };
  const isTrusted = (state: BranchState, oid: Oid) => state.trusted?.oid === oid && state.lock === null;

  await push(good);
  const trustedAfterMs = await waitFor(
    (state) => isTrusted(state, good.oid),
    'good_commit_not_trusted',
    `did not trust the signed commit ${good.oid}`,
  );
  await push(bad);
  const lockedAfterMs = await waitFor(
    ({ trusted, lock }) => trusted?.oid === good.oid && lock?.commit === bad.oid && lock.reason === 'unsigned',
    'bad_commit_not_locked',
    `did not lock at the unsigned commit ${bad.oid}`,
  );
  await push(good);
  const unlockedAfterMs = await waitFor(
    (state) => isTrusted(state, good.oid),
    'branch_not_unlocked',
    `stayed locked after the unsigned commit ${bad.oid} was taken back`,
  );
  return { trustedAfterMs, lockedAfterMs, unlockedAfterMs };
}

const BAD =
  'which nobody signed. Stop your agents from applying (`headlock status` shows what else moved), and look at the log of the verify function before anything else.';

function fault(
  code: CanaryFault,
  { repository, branch }: BranchRef,
  state: BranchState | null,
  wrong: string,
): HeadlockError<CanaryFault> {
  const why = state?.lock?.message ?? state?.unreachable?.message ?? state?.compromise?.message ?? '';
  const found = state === null ? 'It is not guarded.' : `It is ${publishedStateOf(state)}. ${why}`.trim();
  return new HeadlockError(code, `${repository} ${branch} ${wrong} ${found}`, { kind: 'upstream' });
}
