import { applyPolicy } from '../../cli/operations/apply-policy.ts';
import type { Installation } from '../../cli/operations/installation.ts';
import type { TagPorts } from '../../functions/verify/ports.ts';
import { verifyTags } from '../../functions/verify/verify-tags.ts';
import { computeOid } from '../../shared/git/object-id.ts';
import type { TagSource } from '../../shared/git/tag-source.ts';
import type { Alert } from '../../shared/model/alert.ts';
import type { UnreachableCause } from '../../shared/model/branch-state.ts';
import { formatOfOid, type ObjectFormat, type Oid } from '../../shared/model/oid.ts';
import type { RepositoryPolicy, TagPolicy } from '../../shared/model/policy.ts';
import type { Signatory } from '../../shared/model/signatory.ts';
import { allTagsOf, tagRefOf } from '../../shared/model/tag-ref.ts';
import type { TagState } from '../../shared/model/tag-state.ts';
import { parseSshPublicKey } from '../../shared/signatures/ssh/parse-public-key.ts';
import { createDynamoBranchStore } from '../../shared/store/dynamo-branch-store.ts';
import { createDynamoHistoryStore } from '../../shared/store/dynamo-history-store.ts';
import { createDynamoPolicyStore } from '../../shared/store/dynamo-policy-store.ts';
import { createDynamoSeenStore } from '../../shared/store/dynamo-seen-store.ts';
import { createDynamoTagStore } from '../../shared/store/dynamo-tag-store.ts';
import { createDynamoVerdictStore } from '../../shared/store/dynamo-verdict-store.ts';
import { dynamoAs } from './act-as.ts';
import { COMMITTED_AT, commitPayload, signedCommit } from './commit-bytes.ts';
import { TABLE } from './embedded-services.ts';
import { createSshForgingKey, forgeSshSignature, type SshForgingKey } from './forge-ssh.ts';
import { createPolicy } from './policies.ts';
import { createSignatory } from './signatories.ts';
import { type TagParts, tagPayload } from './tag-bytes.ts';

/** Tags of a forge in memory, and what Headlock makes of them, on the stores of AWS. */
export interface TagWorld {
  readonly repository: string;
  readonly tags: Map<string, Oid>;
  readonly objects: Map<Oid, { readonly type: 'tag' | 'commit'; readonly raw: Uint8Array }>;
  /** Why the forge does not answer. */
  fault: UnreachableCause | null;
  readonly ports: TagPorts & Pick<Installation, 'branches'>;
  readonly alerts: Map<string, Alert>;
  /** Hints that wait in the queue. */
  readonly hints: string[];
  readonly alice: SshForgingKey;
  /** Signed where there is a key. */
  commit(key?: SshForgingKey | null, message?: string): Oid;
  /** A tag object under the same name, or another one. */
  tag(name: string, object: Oid, key?: SshForgingKey | null, parts?: Partial<TagParts>): Oid;
  /** Seconds that pass. */
  wait(seconds: number): void;
  /** Seconds that each request for objects takes from now on. */
  secondsAFetch: number;
  apply(changes?: Partial<RepositoryPolicy>, signatories?: readonly Signatory[]): Promise<void>;
  /** Decides, and goes on while steps are left. */
  run(): Promise<void>;
  state(name: string): Promise<TagState>;
  /** `Trusted`, `Locked: unsigned`, … of each tag that has a state. */
  outcomes(): Promise<Readonly<Record<string, string>>>;
  events(name: string | null): Promise<readonly string[]>;
}

const RULES: readonly TagPolicy[] = [{ pattern: 'v*', verify: 'tag-and-commit', keyTime: 'first-seen' }];
let worlds = 0;

export function createTagWorld({
  format = 'sha1',
  tagsPerStep = 50,
  start = new Date(COMMITTED_AT * 1000),
}: {
  format?: ObjectFormat;
  tagsPerStep?: number;
  start?: Date;
} = {}): TagWorld {
  const [client, operator] = [dynamoAs('verify'), dynamoAs('operator')];
  const repository = `world-${worlds++}`;
  let time = start.getTime();
  const alice = createSshForgingKey();
  const objects: TagWorld['objects'] = new Map();
  const add = (type: 'tag' | 'commit', raw: Uint8Array): Oid => {
    const { oid } = computeOid(type, raw, format);
    objects.set(oid, { type, raw });
    return oid;
  };
  const sign = (payload: Buffer, key: SshForgingKey) => forgeSshSignature(key, payload.toString());
  const history = createDynamoHistoryStore(client, TABLE);
  const tagStore = createDynamoTagStore(client, TABLE);
  const world: TagWorld = {
    ...{ repository, tags: new Map(), objects, fault: null, secondsAFetch: 0, alerts: new Map(), hints: [], alice },
    ports: {
      branches: createDynamoBranchStore(client, TABLE),
      tags: tagStore,
      policies: createDynamoPolicyStore(client, TABLE),
      history,
      seen: createDynamoSeenStore(client, TABLE),
      verdicts: createDynamoVerdictStore(client, TABLE),
      alerts: { publish: async (id, alert) => void world.alerts.set(id, alert) },
      statuses: { send: async () => {} },
      queue: { send: async ({ delivery }) => void world.hints.push(delivery) },
      openSources: async () => [createSource(world)],
      now: () => new Date(time),
      lagSeconds: 120,
      tagsPerStep,
      maxTags: 70,
    },
    commit: (key = alice, message = 'A message\n') => {
      const payload = commitPayload({ message }, format);
      const header = format === 'sha1' ? 'gpgsig' : 'gpgsig-sha256';
      return add('commit', key === null ? payload : signedCommit(payload, sign(payload, key), header));
    },
    tag: (name, object, key = alice, parts = {}) => {
      const payload = tagPayload({ object, tag: name, ...parts });
      const oid = add('tag', key === null ? payload : Buffer.concat([payload, sign(payload, key)]));
      world.tags.set(name, oid);
      return oid;
    },
    wait: (seconds) => {
      time += seconds * 1000;
    },
    apply: async (changes = {}, signatories = [createSignatory([parseSshPublicKey(alice.line)])]) => {
      const former = await world.ports.policies.readApplied(repository);
      const policy = createPolicy(repository, { branches: [], tags: RULES, ...changes });
      const next = { policy, signatories, warnings: [], lineOf: () => 1 };
      const plan =
        former === null
          ? { kind: 'added' as const, repository, next }
          : { kind: 'changed' as const, repository, former, next };
      const act = { actor: 'local operator ana', now: new Date(time).toISOString() };
      await applyPolicy(plan, act, {
        ...world.ports,
        policies: createDynamoPolicyStore(operator, TABLE),
        branches: createDynamoBranchStore(operator, TABLE),
        tags: createDynamoTagStore(operator, TABLE),
        floor: { read: async () => 0 },
      });
    },
    run: async () => {
      do {
        world.hints.length = 0;
        await verifyTags(repository, world.ports);
      } while (world.hints.length > 0);
    },
    state: async (name) => {
      const state = await tagStore.read(tagRefOf(repository, name));
      if (state === null) throw new Error(`${name} has no state.`);
      return state;
    },
    outcomes: async () =>
      Object.fromEntries(
        (await tagStore.list(repository)).map((state) => [state.ref.branch.slice(10), outcomeOf(state)]),
      ),
    events: async (name) => {
      const ref = name === null ? allTagsOf(repository) : tagRefOf(repository, name);
      return (await history.pageEvents(ref, { limit: 100 })).map(({ kind }) => kind);
    },
  };
  return world;
}

/** What stays published shows, whatever else is wrong. */
export function outcomeOf({ trusted, lock, compromise, missingSince, retired }: TagState): string {
  const published = trusted === null ? 'nothing' : 'published';
  const why = compromise === null ? lock?.reason : 'compromised';
  return [published, why, missingSince === null ? null : 'missing', retired ? 'retired' : null]
    .filter((part) => part !== null && part !== undefined)
    .join(', ');
}

/** What it sends is found under the id that its bytes hash to. */
function createSource(world: TagWorld): TagSource {
  const unreachable = () => ({ kind: 'unreachable' as const, cause: world.fault ?? 'timeout', message: 'It is away.' });
  return {
    listTags: async () => (world.fault === null ? { kind: 'tags', tags: new Map(world.tags) } : unreachable()),
    fetchTags: async (wanted) => {
      world.wait(world.secondsAFetch);
      if (world.fault !== null) return unreachable();
      const sent = { tags: new Map<Oid, Uint8Array>(), commits: new Map<Oid, Uint8Array>() };
      const send = (oid: Oid) => {
        const found = world.objects.get(oid);
        if (found === undefined) return;
        (found.type === 'tag' ? sent.tags : sent.commits).set(
          computeOid(found.type, found.raw, formatOfOid(oid)).oid,
          found.raw,
        );
        const [, inner] = /^object ([0-9a-f]+)\n/.exec(Buffer.from(found.raw).toString('latin1')) ?? [];
        if (found.type === 'tag' && inner !== undefined) send(inner as Oid);
      };
      for (const oid of wanted) send(oid);
      if ([...sent.tags.values()].some((raw) => raw.length > 1024 * 1024))
        return { kind: 'limit-exceeded', limit: 'objectBytes', message: 'Too large.' };
      return { kind: 'objects', ...sent, collisions: new Set() };
    },
  };
}
