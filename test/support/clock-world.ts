import type { VerifyPorts } from '../../functions/verify/ports.ts';
import { verifyBranch } from '../../functions/verify/verify-branch.ts';
import type { BranchState } from '../../shared/model/branch-state.ts';
import type { Oid } from '../../shared/model/oid.ts';
import type { BranchPolicy } from '../../shared/model/policy.ts';
import type { OpenPgpKey, Signatory } from '../../shared/model/signatory.ts';
import { parseSshPublicKey } from '../../shared/signatures/ssh/parse-public-key.ts';
import { applyToBranch, createBranchState } from '../../shared/trust/apply-policy.ts';
import { commitPayload, identityAt, signedCommit } from './commit-bytes.ts';
import { createForgingKey, forgeSignature, uint32 } from './forge-openpgp.ts';
import { createSshForgingKey, forgeSshSignature } from './forge-ssh.ts';
import { createMemoryForge } from './memory-forge.ts';
import { createMemoryStores } from './memory-stores.ts';
import { createBranchPolicy, createPolicy } from './policies.ts';
import { createSignatory } from './signatories.ts';

const MAX_STEPS = 100;
const REF = { repository: 'shop', branch: 'main' };
const KEYS = {
  Anne: createForgingKey('ed25519'),
  Bert: createForgingKey('p256'),
  Cleo: createSshForgingKey(),
  Dora: createSshForgingKey('p256'),
  /** In no policy. */
  Eve: createSshForgingKey(),
} as const;
export type SignerName = keyof typeof KEYS;
export const OPENPGP_SIGNERS = ['Anne', 'Bert'] as const;
export const SSH_SIGNERS = ['Cleo', 'Dora'] as const;

/** What the policy says of one signer; times in seconds since 1970. */
export interface SignerRules {
  readonly validFrom: number | null;
  readonly validUntil: number | null;
  readonly matchEmail: boolean;
  /** Of an OpenPGP key alone. */
  readonly key: Pick<OpenPgpKey, 'created' | 'expires' | 'revocation' | 'signing'>;
}
export type Rules = Readonly<Record<Exclude<SignerName, 'Eve'>, SignerRules>>;

/** A commit as its maker wants it, whatever is true of it. */
export interface ClockedDraft {
  readonly parents: readonly Oid[];
  readonly signer: SignerName | null;
  readonly committedAt: number;
  /** Of an OpenPGP signature. */
  readonly signedAt: number;
  /** Seconds after which an OpenPGP signature ends itself. */
  readonly lifetime: number | null;
  readonly email: string;
  /** Changed after it was signed. */
  readonly isTampered: boolean;
}

/** One branch whose clocks, keys and policies a test moves as it likes. Everything that is signed is really signed. */
export interface ClockWorld {
  readonly anchor: Oid;
  readonly drafts: ReadonlyMap<Oid, ClockedDraft>;
  commit(draft: ClockedDraft): Oid;
  point(tip: Oid): void;
  apply(rules: Rules, now: number): Promise<void>;
  /** One verification to its end, in however many steps. */
  verify(now: number): Promise<BranchState>;
}

export async function createClockWorld(
  branchRules: Pick<BranchPolicy, 'mode' | 'keyTime'>,
  rules: Rules,
  now: number,
  verdictsPerStep: number,
): Promise<ClockWorld> {
  const forge = createMemoryForge();
  const stores = createMemoryStores(REF, () => {});
  const drafts = new Map<Oid, ClockedDraft>();
  const commit = (draft: ClockedDraft): Oid => {
    const id = forge.add(writeCommit(draft, drafts.size));
    drafts.set(id, draft);
    return id;
  };
  const anchor = commit({
    ...{ parents: [], signer: null, committedAt: now, signedAt: now, lifetime: null },
    ...{ email: 'anne@example.com', isTampered: false },
  });
  const branch = createBranchPolicy({ anchor, ...branchRules });
  forge.branches.set(REF.branch, anchor);

  const world: ClockWorld = {
    ...{ anchor, drafts, commit },
    point: (tip) => void forge.branches.set(REF.branch, tip),
    apply: async (changed, at) => {
      const version = stores.applied.length + 1;
      const policy = createPolicy(REF.repository, { branches: [branch] });
      stores.applied.push({ version, policy, signatories: signatoriesOf(changed) });
      const iso = new Date(at * 1000).toISOString();
      const change = { policyVersion: version, actor: 'a test', now: iso, url: null, exceptions: {} };
      const state = await stores.branches.read(REF);
      await stores.branches.write(
        state === null ? createBranchState(REF, branch, change) : applyToBranch(state, branch, change),
      );
    },
    verify: async (at) => {
      const ports: VerifyPorts = {
        ...stores,
        openSources: async () => [forge.source()],
        now: () => new Date(at * 1000),
        lagSeconds: 120,
        verdictsPerStep,
      };
      for (let step = 0; step < MAX_STEPS; step += 1) {
        await verifyBranch(REF, ports);
        const state = await stores.branches.read(REF);
        if (state === null) throw new Error('The branch has no state.');
        if (state.progress === null) return state;
      }
      throw new Error('The steps of a range do not end.');
    },
  };
  await world.apply(rules, now);
  return world;
}

function writeCommit(draft: ClockedDraft, number: number): string {
  const { parents, signer, committedAt, signedAt, lifetime, email, isTampered } = draft;
  const payload = commitPayload({
    parents,
    committer: identityAt(committedAt, 'Somebody', email),
    message: `Commit ${number}\n`,
  });
  const key = signer === null ? null : KEYS[signer];
  const ending = lifetime === null ? [] : [[3, uint32(lifetime)] as const];
  const armor =
    key === null
      ? null
      : 'record' in key
        ? forgeSignature(key, payload, { created: signedAt, moreHashed: ending })
        : forgeSshSignature(key, payload.toString());
  const raw = armor === null ? payload : signedCommit(payload, armor);
  return isTampered ? `${raw}tampered\n` : raw.toString();
}

function signatoriesOf(rules: Rules): readonly Signatory[] {
  return (Object.keys(rules) as (keyof Rules)[]).map((name) => {
    const { validFrom, validUntil, matchEmail, key: window } = rules[name];
    const key = KEYS[name];
    const compiled = 'record' in key ? { ...key.record, ...window } : parseSshPublicKey(key.line);
    const emails = [`${name.toLowerCase()}@example.com`];
    return createSignatory([compiled], { name, emails, validFrom, validUntil, matchEmail });
  });
}
