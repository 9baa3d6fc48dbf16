import type { VerifyPorts } from '../../functions/verify/ports.ts';
import { verifyBranch } from '../../functions/verify/verify-branch.ts';
import type { BranchState } from '../../shared/model/branch-state.ts';
import type { CommitStatus } from '../../shared/model/commit-status.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import { type ObjectFormat, type Oid, oidBytes, parseOid } from '../../shared/model/oid.ts';
import type { BranchPolicy } from '../../shared/model/policy.ts';
import type { Signatory } from '../../shared/model/signatory.ts';
import { parseSshPublicKey } from '../../shared/signatures/ssh/parse-public-key.ts';
import { applyToBranch, createBranchState } from '../../shared/trust/apply-policy.ts';
import { listStatuses } from '../../shared/trust/list-statuses.ts';
import { clear, type OperatorAct, reanchor } from '../../shared/trust/operator-act.ts';
import { type CallHook, CutOff, hookCalls } from './cut-off.ts';
import { createSshForgingKey } from './forge-ssh.ts';
import { createMemoryForge, type MemoryForge } from './memory-forge.ts';
import { createMemoryStores, type MemoryStores } from './memory-stores.ts';
import { createBranchPolicy, createPolicy } from './policies.ts';

export type Signer = 'alice' | 'bob' | null;

const KEYS = { alice: createSshForgingKey(), bob: createSshForgingKey() };
const REF = { repository: 'shop', branch: 'main' };
const START = Date.UTC(2026, 5, 1);
const OPERATOR = 'local operator ana';

export type RuleChanges = Partial<Pick<BranchPolicy, 'mode' | 'enforcement' | 'keyTime'>> & {
  readonly bob?: boolean;
  /** Whose key the policy calls compromised. */
  readonly compromised?: Signer;
};

/** One branch with its forge, its stores and a clock, and what a test knows of each commit without any signature. */
export interface BranchWorld {
  readonly forge: MemoryForge;
  readonly stores: MemoryStores;
  readonly anchor: Oid;
  /** In the order in which they were made. */
  readonly made: Oid[];
  readonly signers: ReadonlyMap<Oid, Signer>;
  readonly parents: ReadonlyMap<Oid, readonly Oid[]>;
  /** What the forge shows of each commit, where it is told as soon as it is to be. */
  readonly shown: Map<Oid, CommitStatus>;
  /** Sequences at which an operator acted. */
  readonly acts: Set<number>;
  commit(signer: Signer, parents: readonly Oid[], minutesAhead?: number): Oid;
  passTime(minutes: number): void;
  /** `isCutOff`: the policy is stored, and the branch never hears of it. */
  apply(changes: RuleChanges, isCutOff?: boolean): Promise<void>;
  /** Does nothing where the act is refused. */
  unlock(to: Oid | null): Promise<void>;
  /** One run, to its end or until `hook` cuts it off. */
  verify(hook?: CallHook): Promise<void>;
  state(): Promise<BranchState>;
}

/** @param onWrite - sees every write that succeeds, with the newest policy version that was applied to its end */
export async function createBranchWorld(
  format: ObjectFormat,
  onWrite: (before: BranchState | null, after: BranchState, ruling: number) => void,
  verdictsPerStep = 10_000,
): Promise<BranchWorld> {
  const forge = createMemoryForge();
  const stores = createMemoryStores(REF, (before, after) => onWrite(before, after, ruling));
  let ruling = 0;
  const made: Oid[] = [];
  const signers = new Map<Oid, Signer>();
  const parents = new Map<Oid, readonly Oid[]>();
  const acts = new Set<number>();
  const shown = new Map<Oid, CommitStatus>();
  let time = START;
  let rules: RuleChanges = {};
  const now = () => new Date(time).toISOString();

  const commit: BranchWorld['commit'] = (signer, of, minutesAhead = 0) => {
    const seconds = Math.floor(time / 1000) + minutesAhead * 60;
    const key = signer === null ? null : KEYS[signer];
    const tree = parseOid(`${made.length + 1}`.padStart(2 * oidBytes(format), '0'));
    const id = forge.commit(`Commit ${made.length}`, { parents: of, key, seconds, format, tree });
    made.push(id);
    signers.set(id, signer);
    parents.set(id, of);
    return id;
  };
  const anchor = commit(null, []);
  forge.branches.set('main', anchor);

  const update = async (change: (state: BranchState | null) => BranchState) => {
    for (;;) {
      const written = await stores.branches.write(change(await stores.branches.read(REF)));
      if (written !== null) return written;
    }
  };
  const branchOf = ({ bob: _, compromised: __, ...changes }: RuleChanges) => createBranchPolicy({ anchor, ...changes });

  const tell: VerifyPorts['statuses']['send'] = async (hint) => {
    await stores.statuses.send(hint);
    const status = listStatuses(await world.state()).find((each) => each.commit === hint.commit);
    if (status !== undefined) shown.set(hint.commit, status);
  };

  const world: BranchWorld = {
    ...{ forge, stores, anchor, made, signers, parents, acts, shown, commit },
    passTime: (minutes) => {
      time += minutes * 60_000;
    },
    apply: async (changes, isCutOff = false) => {
      rules = { ...rules, ...changes };
      const branch = branchOf(rules);
      const version = stores.applied.length + 1;
      const signatories = rules.bob === true ? [signatory('alice'), signatory('bob')] : [signatory('alice')];
      const compromisedKeys = rules.compromised ? [fingerprintOf(rules.compromised)] : [];
      const policy = createPolicy(REF.repository, {
        branches: [branch],
        compromisedKeys,
        commitStatus: { token: null },
      });
      stores.applied.push({ version, policy, signatories });
      const change = { policyVersion: version, actor: OPERATOR, now: now(), url: null, exceptions: {} };
      if (isCutOff) return;
      await update((state) =>
        state === null ? createBranchState(REF, branch, change) : applyToBranch(state, branch, change),
      );
      ruling = version;
    },
    unlock: async (to) => {
      const { sequence, compromise } = await world.state();
      const policyVersion = stores.applied.length;
      const act: OperatorAct = {
        sequence,
        overCompromise: compromise !== null,
        reason: 'Test',
        actor: OPERATOR,
        now: now(),
        branch: branchOf(rules),
        policyVersion,
      };
      try {
        const written = await update((state) => {
          if (state === null) throw new Error('The branch has no state.');
          const after = to === null ? clear(state, act) : reanchor(state, to, act);
          acts.add(after.sequence);
          return after;
        });
        acts.add(written.sequence);
      } catch (error) {
        if (!(error instanceof HeadlockError)) throw error;
      }
    },
    verify: async (hook = { before: async () => {}, after: async () => {} }) => {
      const { branches, policies, history, seen, ancestors, verdicts, alerts, queue } = stores;
      const { signer, statements, statementSeconds } = stores;
      const ports: VerifyPorts = {
        branches: hookCalls(branches, hook),
        policies: hookCalls(policies, hook),
        history: hookCalls(history, hook),
        seen: hookCalls(seen, hook),
        ancestors: hookCalls(ancestors, hook),
        verdicts: hookCalls(verdicts, hook),
        alerts: hookCalls(alerts, hook),
        statuses: hookCalls({ send: tell }, hook),
        queue: hookCalls(queue, hook),
        signer: hookCalls(signer, hook),
        statements: hookCalls(statements, hook),
        statementSeconds,
        openSources: async () => [hookCalls(forge.source(), hook)],
        now: () => new Date(time),
        lagSeconds: 120,
        verdictsPerStep,
      };
      await verifyBranch(REF, ports).catch((error: unknown) => {
        const isExpected = error instanceof CutOff || (error instanceof HeadlockError && error.code === 'contended');
        if (!isExpected) throw error;
      });
    },
    state: async () => {
      const state = await stores.branches.read(REF);
      if (state === null) throw new Error('The branch has no state.');
      return state;
    },
  };
  await world.apply({});
  return world;
}

export function fingerprintOf(name: 'alice' | 'bob'): string {
  return parseSshPublicKey(KEYS[name].line).fingerprint;
}

function signatory(name: 'alice' | 'bob'): Signatory {
  const keys = [parseSshPublicKey(KEYS[name].line)];
  return { name, emails: [], matchEmail: false, validFrom: null, validUntil: null, limit: null, keys };
}
