import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { applyPolicy } from '../../cli/operations/apply-policy.ts';
import { type Comparison, compareRefs } from '../../functions/compare-refs/compare-refs.ts';
import type { ComparePorts } from '../../functions/compare-refs/ports.ts';
import type { TagPorts, VerifyPorts } from '../../functions/verify/ports.ts';
import { verifyBranch } from '../../functions/verify/verify-branch.ts';
import { verifyTags } from '../../functions/verify/verify-tags.ts';
import type { BranchRef } from '../../shared/model/branch-ref.ts';
import type { BranchState } from '../../shared/model/branch-state.ts';
import type { Oid } from '../../shared/model/oid.ts';
import type { RepositoryPolicy } from '../../shared/model/policy.ts';
import { allTagsOf, isAllTags } from '../../shared/model/tag-ref.ts';
import { parseSshPublicKey } from '../../shared/signatures/ssh/parse-public-key.ts';
import { createSourceOpener } from '../../shared/sources/open-sources.ts';
import { createDynamoAncestorStore } from '../../shared/store/dynamo-ancestor-store.ts';
import { createDynamoBranchStore } from '../../shared/store/dynamo-branch-store.ts';
import { createDynamoForgeContactStore } from '../../shared/store/dynamo-forge-contact-store.ts';
import { createDynamoHistoryStore } from '../../shared/store/dynamo-history-store.ts';
import { createDynamoPolicyStore } from '../../shared/store/dynamo-policy-store.ts';
import { createDynamoSeenStore } from '../../shared/store/dynamo-seen-store.ts';
import { createDynamoStatementStore } from '../../shared/store/dynamo-statement-store.ts';
import { createDynamoTagStore } from '../../shared/store/dynamo-tag-store.ts';
import { createDynamoVerdictStore } from '../../shared/store/dynamo-verdict-store.ts';
import { dynamoAs } from './act-as.ts';
import { TABLE } from './embedded-services.ts';
import { type GitHttpServer, startGitHttpServer } from './git-http-server.ts';
import { createGitRepository, type GitRepository } from './git-repository.ts';
import { createBranchPolicy, createPolicy } from './policies.ts';
import { createSignatory } from './signatories.ts';
import { createSshKey } from './signing.ts';
import { createLocalSigner } from './statements.ts';

/** A repository on a git server that is swept, and decided only where the sweep says so, on the stores of AWS. */
export interface SweptRepository {
  readonly name: string;
  readonly git: GitRepository;
  readonly server: GitHttpServer;
  /** Where the private key of the one signatory is. */
  readonly keyPath: string;
  /** Signed, on the branch that is checked out. */
  commit(message: string): Promise<Oid>;
  /** Guards these branches, each from its tip of now on. */
  guard(branches: readonly string[], changes?: Partial<RepositoryPolicy>): Promise<void>;
  /** After some minutes. @returns what came of it, what it hinted, and what it asked the server beside what that offers */
  sweep(
    minutes?: number,
  ): Promise<Comparison & { readonly hinted: readonly string[]; readonly asked: readonly string[] }>;
  /** Follows the hints of the latest sweep, and of `guard`. */
  decide(): Promise<void>;
  /** Decides everything, hinted or not. @returns what of it changed its state */
  findChanges(): Promise<readonly string[]>;
  state(branch: string): Promise<BranchState>;
  /** Of the random numbers that jitter comes from. */
  random: number;
  close(): Promise<void>;
}

let repositories = 0;

/** @param secrets - the values of secrets by their names */
export async function createSweptRepository(secrets: Record<string, readonly string[]> = {}): Promise<SweptRepository> {
  const [git, key] = await Promise.all([createGitRepository(), createSshKey()]);
  await git.run('config', 'gpg.format', 'ssh');
  await git.run('config', 'user.signingkey', key.path);
  await git.commit('Begin');
  const server = await startGitHttpServer(git.root);
  const name = `swept-${repositories++}`;
  // After whatever git and ssh-keygen date with the clock of this machine.
  let now = new Date('2036-06-01T00:00:00Z');
  const hints: BranchRef[] = [];
  const portsOf = (client: DynamoDBClient) => ({
    policies: createDynamoPolicyStore(client, TABLE),
    branches: createDynamoBranchStore(client, TABLE),
    tags: createDynamoTagStore(client, TABLE),
    contacts: createDynamoForgeContactStore(client, TABLE),
    history: createDynamoHistoryStore(client, TABLE),
    seen: createDynamoSeenStore(client, TABLE),
    ancestors: createDynamoAncestorStore(client, TABLE),
    verdicts: createDynamoVerdictStore(client, TABLE),
    alerts: { publish: async () => {} },
    statuses: { send: async () => {} },
    queue: { send: async ({ ref }: { readonly ref: BranchRef }) => void hints.push(ref) },
    openSources: createSourceOpener({ open: async (secret: string) => secrets[secret] ?? null }, {}),
    now: () => now,
    random: () => swept.random,
    signer: createLocalSigner(),
    statements: createDynamoStatementStore(client, TABLE),
    statementSeconds: 24 * 3600,
    ...{ lagSeconds: 120, verdictsPerStep: 1000, tagsPerStep: 100, maxTags: 100 },
  });
  const ports = portsOf(dynamoAs('operator'));
  const comparing: ComparePorts = portsOf(dynamoAs('compare-refs'));
  const deciding: VerifyPorts & TagPorts = portsOf(dynamoAs('verify'));
  const decideRef = (ref: BranchRef) =>
    isAllTags(ref) ? verifyTags(ref.repository, deciding) : verifyBranch(ref, deciding);
  const readVersions = async (): Promise<ReadonlyMap<string, number>> => {
    const states = [...(await ports.branches.list(name)), ...(await ports.tags.list(name))];
    return new Map(states.map(({ ref, version }) => [ref.branch, version]));
  };
  let sweeps = 0;

  const swept: SweptRepository = {
    ...{ name, git, server, keyPath: key.path, random: 1 },
    commit: (message) => git.commit(message, { args: ['-S'] }),
    async guard(branches, changes = {}) {
      const rules = branches.map(async (branch) =>
        createBranchPolicy({ name: branch, anchor: await git.head(branch) }),
      );
      const policy = createPolicy(name, {
        url: `${server.url}/${git.name}`,
        ...{ credentials: null, webhook: null, branches: await Promise.all(rules) },
        ...changes,
      });
      const former = await ports.policies.readApplied(name);
      const signatories = [createSignatory([parseSshPublicKey(key.publicKey)], { emails: [] })];
      const next = { policy, signatories, warnings: [], lineOf: () => 1 };
      const plan =
        former === null
          ? ({ kind: 'added', repository: name, next } as const)
          : ({ kind: 'changed', repository: name, former, next } as const);
      await applyPolicy(
        plan,
        { actor: 'a test', now: now.toISOString() },
        { ...ports, floor: { read: async () => 0 } },
      );
    },
    async sweep(minutes = 5) {
      now = new Date(now.getTime() + minutes * 60_000);
      hints.length = 0;
      const before = server.requests.length;
      const comparison = await compareRefs(name, `sweep:${sweeps++}`, comparing);
      // What a server offers is asked once, and again after a failure.
      const asked = server.requests
        .slice(before)
        .map(({ command }) => command)
        .filter((each) => each !== 'advertisement');
      return { ...comparison, hinted: hints.map(({ branch }) => branch).sort(), asked };
    },
    async decide() {
      for (const ref of hints.splice(0)) await decideRef(ref);
    },
    async findChanges() {
      const before = await readVersions();
      for (const ref of [...(await ports.branches.list(name)).map(({ ref }) => ref), allTagsOf(name)])
        await decideRef(ref);
      return [...(await readVersions())].filter(([ref, version]) => before.get(ref) !== version).map(([ref]) => ref);
    },
    async state(branch) {
      const state = await ports.branches.read({ repository: name, branch });
      if (state === null) throw new Error(`${branch} has no state.`);
      return state;
    },
    async close() {
      await server.close();
      await Promise.all([git.remove(), key.cleanup()]);
    },
  };
  return swept;
}
