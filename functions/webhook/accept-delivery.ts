import { randomBytes } from 'node:crypto';
import { authenticateDelivery } from '../../shared/forges/authenticate-delivery.ts';
import {
  createMalformedDeliveryError,
  type DeliveryErrorCode,
  type DeliveryHeaders,
  type IgnoredReason,
  type Push,
  type PushedRef,
} from '../../shared/forges/delivery.ts';
import { parsePush } from '../../shared/forges/parse-push.ts';
import type { SecretVault } from '../../shared/kms/secret-vault.ts';
import type { countDelivery, DeliveryCount } from '../../shared/lambda/count-delivery.ts';
import type { Log } from '../../shared/lambda/log.ts';
import { type BranchRef, isRepositoryName } from '../../shared/model/branch-ref.ts';
import type { Timestamp } from '../../shared/model/branch-state.ts';
import { formatClaim } from '../../shared/model/claim.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import type { Provider, RepositoryPolicy, SecretRef } from '../../shared/model/policy.ts';
import { normalizeRepositoryUrl } from '../../shared/model/repository-url.ts';
import { allTagsOf } from '../../shared/model/tag-ref.ts';
import { findTagRule } from '../../shared/model/tag-rule.ts';
import type { DecisionHint, DecisionQueue } from '../../shared/queue/decision-queue.ts';
import type { ExpiringCache } from '../../shared/store/expiring-cache.ts';
import type { AppDirectory, PolicyStore } from '../../shared/store/policy-store.ts';

export type AcceptDeliveryErrorCode = DeliveryErrorCode | 'unauthenticated';

export interface AcceptDeliveryServices {
  readonly policies: Pick<PolicyStore, 'readPolicy'>;
  readonly apps: AppDirectory;
  readonly vault: Pick<SecretVault, 'open'>;
  readonly queue: DecisionQueue;
  /** Those whose deliveries were authentic of late, by the last part of their address. */
  readonly known: ExpiringCache<{ readonly source: DeliverySource; readonly secrets: readonly string[] }>;
  readonly log: Log;
  /** Hears of every delivery once, whatever comes of it. */
  readonly count: typeof countDelivery;
  readonly now: () => Date;
}

export interface Delivery {
  /** The last part of the address that was called: the name of a repository, or of an app. */
  readonly source: string;
  readonly headers: DeliveryHeaders;
  readonly rawBody: Buffer;
  /** When it came, as the gateway says. */
  readonly receivedAt?: Timestamp | undefined;
}

export type DeliveryOutcome =
  | { readonly status: 'queued'; readonly delivery: string }
  | { readonly status: 'ignored'; readonly reason: IgnoredReason };

/**
 * So that a storm of deliveries of one source costs no storm of reads. A secret that was taken away may count for as long:
 * what it signs is a hint, and proves nothing (trust rule 5.2).
 */
export const KNOWN_SOURCES = { lifetimeMs: 60_000, maxEntries: 1_000 };

/** Deliveries for unknown sources are checked against a secret that nobody knows, so that they cost what others cost. */
const UNKNOWN_SECRETS = [randomBytes(32).toString('hex')];

/**
 * Trust rule 5.2: a delivery is a hint that a branch or a tag may have changed. Authenticated over its raw bytes, it says
 * where to look, and no more.
 *
 * @throws HeadlockError of kind `input` with an AcceptDeliveryErrorCode
 */
export async function acceptDelivery(services: AcceptDeliveryServices, delivery: Delivery): Promise<DeliveryOutcome> {
  let source: DeliverySource | null = null;
  const count = (outcome: DeliveryCount) => services.count(source && providerOf(source), outcome);
  try {
    source = await recall(services, delivery);
    // What is remembered may queue, and no more: it refuses nothing.
    let hints = source && (await readHints(services, delivery, source).catch(() => null));
    if (!hints?.isFinal) {
      if (source !== null) services.known.delete(delivery.source);
      source = await findSource(services, delivery.source);
      hints = await readHints(services, delivery, await authenticate(services, delivery, source));
    }
    await Promise.all(hints.toQueue.map((hint) => services.queue.send(hint)));
    count(hints.outcome.status);
    return hints.outcome;
  } catch (error) {
    count(countOf(error));
    throw error;
  }
}

/**
 * The source where it is remembered, and signed this. Whoever has no secret learns nothing from the time: it is checked
 * against one in any case, and then once more where it is looked up.
 */
async function recall(services: AcceptDeliveryServices, delivery: Delivery): Promise<DeliverySource | null> {
  const { source = null, secrets = UNKNOWN_SECRETS } = services.known.get(delivery.source) ?? {};
  const isAuthentic = await isSigned(services, delivery, source, secrets);
  return isAuthentic ? source : null;
}

function isSigned(
  { now }: AcceptDeliveryServices,
  { headers, rawBody }: Delivery,
  source: DeliverySource | null,
  secrets: readonly string[],
): Promise<boolean> {
  const provider = source === null ? 'github' : providerOf(source);
  return authenticateDelivery(provider, headers, rawBody, secrets, now().getTime());
}

const REFUSALS: readonly DeliveryCount[] = ['unauthenticated', 'malformed_delivery', 'form_encoded_delivery'];

function countOf(error: unknown): DeliveryCount {
  return REFUSALS.find((code) => error instanceof HeadlockError && error.code === code) ?? 'failed';
}

/** What a delivery leads to, as its source reads it. */
interface Hints {
  readonly outcome: DeliveryOutcome;
  readonly toQueue: readonly DecisionHint[];
  /** Whether no policy that was stored since the source was read could add to it. */
  readonly isFinal: boolean;
}

async function readHints(services: AcceptDeliveryServices, delivery: Delivery, source: DeliverySource): Promise<Hints> {
  // The policies of an app's repositories are read now.
  const isFinal = source.kind === 'app';
  const ignore = (reason: IgnoredReason): Hints => ({ outcome: { status: 'ignored', reason }, toQueue: [], isFinal });
  const push = parsePush(providerOf(source), delivery.headers, delivery.rawBody);
  if (push.kind === 'ignored') return ignore(push.reason);
  const { refs, deliveryId } = push;
  const { receivedAt } = delivery;
  const policies = source.kind === 'repository' ? [source.policy] : await findPolicies(services, source.app, push);
  if (policies.length === 0) return ignore('unknown_repository');
  const guarded = policies.flatMap((policy) => findGuarded(policy, refs));
  if (guarded.length === 0) {
    return ignore(refs.every(({ kind }) => kind === 'tag') ? 'unguarded_tag' : 'unguarded_branch');
  }
  return {
    outcome: { status: 'queued', delivery: deliveryId },
    // The id is the sender's choice: without a name space of its own it could stand for a sweep's or an apply's, and silence it.
    toQueue: guarded.map((ref) => ({ ref, delivery: `push:${deliveryId}`, receivedAt })),
    isFinal: isFinal || policies.every((policy) => guardsAll(policy, refs)),
  };
}

/** What there is to look at, each once: all guarded tags are looked at together (trust rule 4.9). */
function findGuarded(
  { repository, branches, tags }: RepositoryPolicy,
  refs: readonly PushedRef[],
): readonly BranchRef[] {
  const pushed = new Set(refs.map((ref) => (ref.kind === 'branch' ? ref.branch : null)));
  const found = branches.flatMap(({ name }) => (pushed.has(name) ? [{ repository, branch: name }] : []));
  const isTagPushed = refs.some((ref) => ref.kind === 'tag' && findTagRule(tags, ref.tag) !== null);
  return isTagPushed ? [...found, allTagsOf(repository)] : found;
}

function guardsAll({ branches, tags }: RepositoryPolicy, refs: readonly PushedRef[]): boolean {
  const names = new Set(branches.map(({ name }) => name));
  return refs.every((ref) => (ref.kind === 'branch' ? names.has(ref.branch) : findTagRule(tags, ref.tag) !== null));
}

/** Whom a delivery speaks for. */
export type DeliverySource =
  | { readonly kind: 'repository'; readonly policy: RepositoryPolicy }
  | { readonly kind: 'app'; readonly app: string; readonly webhook: SecretRef };

async function authenticate(
  services: AcceptDeliveryServices,
  delivery: Delivery,
  source: DeliverySource | null,
): Promise<DeliverySource> {
  const askedAt = services.now().getTime();
  const webhook = source?.kind === 'repository' ? source.policy.webhook : (source?.webhook ?? null);
  const secrets = await readSecrets(services, delivery.source, webhook?.secretRef ?? null);
  const isAuthentic = await isSigned(services, delivery, source, secrets ?? UNKNOWN_SECRETS);
  if (source !== null && secrets !== null && isAuthentic) {
    services.known.set(delivery.source, { source, secrets }, askedAt);
    return source;
  }
  logRefusal(services.log, delivery.source, source, secrets);
  throw createUnauthenticatedError();
}

/** Both are looked up in any case, for the time would tell. */
async function findSource({ policies, apps }: AcceptDeliveryServices, name: string): Promise<DeliverySource | null> {
  if (!isRepositoryName(name)) return null;
  const [applied, webhook] = await Promise.all([policies.readPolicy(name), apps.readWebhook(name)]);
  if (applied !== null) return { kind: 'repository', policy: applied.policy };
  return webhook === null ? null : { kind: 'app', app: name, webhook };
}

function providerOf(source: DeliverySource): Provider {
  return source.kind === 'repository' ? source.policy.provider : 'github';
}

/** The policies of the repository that an app tells of: its own policy must say that this app fetches it from there. */
async function findPolicies(
  { policies, apps }: AcceptDeliveryServices,
  app: string,
  { repositoryUrls }: Push,
): Promise<readonly RepositoryPolicy[]> {
  if (repositoryUrls.length === 0) throw createMalformedDeliveryError('has no repository with a clone_url');
  const names = await Promise.all(repositoryUrls.map((url) => apps.findRepositories(app, url)));
  const found = await Promise.all([...new Set(names.flat())].map((name) => policies.readPolicy(name)));
  return found.flatMap((applied) => {
    if (applied === null) return [];
    const { url, credentials } = applied.policy;
    const isOfApp = credentials !== null && 'app' in credentials && credentials.app.name === app;
    return isOfApp && repositoryUrls.includes(normalizeRepositoryUrl(url) ?? '') ? [applied.policy] : [];
  });
}

/** @returns null where there is nothing to check against. One look-up is made in any case, for its time would tell. */
async function readSecrets({ vault, log }: AcceptDeliveryServices, source: string, secretRef: string | null) {
  const name = secretRef ?? source;
  if (secretRef === null && !isRepositoryName(name)) return null;
  const secrets = await vault.open(name, 'webhook').catch((error: unknown) => {
    if (!(error instanceof HeadlockError && error.kind === 'configuration')) throw error;
    log.error('A webhook secret cannot be opened.', { error });
    return null;
  });
  return secretRef === null ? null : secrets;
}

function logRefusal(log: Log, source: string, known: DeliverySource | null, secrets: readonly string[] | null): void {
  const fields = { source: formatClaim(source) };
  if (known === null) log.warn('A delivery for an unknown source was refused.', fields);
  else if (secrets !== null) log.warn('A delivery with a wrong signature or token was refused.', fields);
  else log.error('No delivery can be accepted: set the webhook secret with `headlock secret set`.', fields);
}

function createUnauthenticatedError(): HeadlockError<AcceptDeliveryErrorCode> {
  return new HeadlockError(
    'unauthenticated',
    'The delivery is not authentic. Check the address and the secret of the webhook at the forge.',
    { kind: 'input' },
  );
}
