import { randomBytes } from 'node:crypto';
import { authenticateDelivery } from '../../shared/forges/authenticate-delivery.ts';
import type { DeliveryErrorCode, DeliveryHeaders, IgnoredReason, PushedRef } from '../../shared/forges/delivery.ts';
import { parsePush } from '../../shared/forges/parse-push.ts';
import type { SecretVault } from '../../shared/kms/secret-vault.ts';
import type { Log } from '../../shared/lambda/log.ts';
import { type BranchRef, isRepositoryName } from '../../shared/model/branch-ref.ts';
import { formatClaim } from '../../shared/model/claim.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import type { RepositoryPolicy } from '../../shared/model/policy.ts';
import { allTagsOf } from '../../shared/model/tag-ref.ts';
import { findTagRule } from '../../shared/model/tag-rule.ts';
import type { DecisionQueue } from '../../shared/queue/decision-queue.ts';
import type { PolicyStore } from '../../shared/store/policy-store.ts';

export type AcceptDeliveryErrorCode = DeliveryErrorCode | 'unauthenticated';

export interface AcceptDeliveryServices {
  readonly policies: Pick<PolicyStore, 'readPolicy'>;
  readonly vault: Pick<SecretVault, 'open'>;
  readonly queue: DecisionQueue;
  readonly log: Log;
  readonly now: () => Date;
}

export interface Delivery {
  /** The last part of the address that was called: a repository's name. */
  readonly source: string;
  readonly headers: DeliveryHeaders;
  readonly rawBody: Buffer;
}

export type DeliveryOutcome =
  | { readonly status: 'queued'; readonly delivery: string }
  | { readonly status: 'ignored'; readonly reason: IgnoredReason };

/** Deliveries for unknown sources are checked against a secret that nobody knows, so that they cost what others cost. */
const UNKNOWN_SECRETS = [randomBytes(32).toString('hex')];

/**
 * Trust rule 5.2: a delivery is a hint that a branch or a tag may have changed. Authenticated over its raw bytes, it says
 * where to look, and no more.
 *
 * @throws HeadlockError of kind `input` with an AcceptDeliveryErrorCode
 */
export async function acceptDelivery(services: AcceptDeliveryServices, delivery: Delivery): Promise<DeliveryOutcome> {
  const policy = await authenticate(services, delivery);
  const push = parsePush(policy.provider, delivery.headers, delivery.rawBody);
  if (push.kind === 'ignored') return { status: 'ignored', reason: push.reason };
  const { refs, deliveryId } = push;
  const guarded = findGuarded(policy, refs);
  if (guarded.length === 0) {
    const isTag = refs.every(({ kind }) => kind === 'tag');
    return { status: 'ignored', reason: isTag ? 'unguarded_tag' : 'unguarded_branch' };
  }
  // The id is the sender's choice: without a name space of its own it could stand for a sweep's or an apply's, and silence it.
  await Promise.all(guarded.map((ref) => services.queue.send({ ref, delivery: `push:${deliveryId}` })));
  return { status: 'queued', delivery: deliveryId };
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

/** @returns the policy of the repository that the delivery speaks for. */
async function authenticate(services: AcceptDeliveryServices, delivery: Delivery): Promise<RepositoryPolicy> {
  const { source, headers, rawBody } = delivery;
  const policy = isRepositoryName(source) ? ((await services.policies.readPolicy(source))?.policy ?? null) : null;
  const secrets = await readSecrets(services, source, policy?.webhook?.secretRef ?? null);
  const provider = policy?.provider ?? 'github';
  const authentic = await authenticateDelivery(
    provider,
    headers,
    rawBody,
    secrets ?? UNKNOWN_SECRETS,
    services.now().getTime(),
  );
  if (policy !== null && secrets !== null && authentic) return policy;
  logRefusal(services.log, source, policy, secrets);
  throw createUnauthenticatedError();
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

function logRefusal(
  log: Log,
  source: string,
  policy: RepositoryPolicy | null,
  secrets: readonly string[] | null,
): void {
  const fields = { source: formatClaim(source) };
  if (policy === null) log.warn('A delivery for an unknown source was refused.', fields);
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
