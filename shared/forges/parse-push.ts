import { createHash } from 'node:crypto';
import { branchOfRefName } from '../model/branch-ref.ts';
import type { Provider } from '../model/policy.ts';
import {
  createFormEncodedError,
  createMalformedDeliveryError,
  type DeliveryHeaders,
  type PushOutcome,
} from './delivery.ts';
import { parsePayload } from './parse-payload.ts';

/** What tells a provider's push events and deliveries apart. */
interface Dialect {
  readonly eventHeader: string;
  /** The event of a delivery that names none; null where that is malformed. */
  readonly defaultEvent: string | null;
  readonly push: string;
  readonly deliveryHeader: string;
}

const GITHUB: Dialect = {
  eventHeader: 'x-github-event',
  defaultEvent: null,
  push: 'push',
  deliveryHeader: 'x-github-delivery',
};

const BY_PROVIDER: Readonly<Record<Provider, Dialect>> = {
  github: GITHUB,
  gitlab: {
    eventHeader: 'x-gitlab-event',
    defaultEvent: null,
    push: 'Push Hook',
    // The event's own UUID is shared by events that one of them set off, so it is no id of a delivery.
    deliveryHeader: 'idempotency-key',
  },
  // Gitea, Forgejo and others send GitHub's headers; a script may leave them out.
  generic: { ...GITHUB, defaultEvent: 'push' },
};

const OTHER_EVENTS: Readonly<Record<string, 'ping' | 'tag'>> = { ping: 'ping', 'Tag Push Hook': 'tag' };

/**
 * Reads a delivery that was authenticated. Only the branch and an id go on; the repository comes from the address that
 * the forge called.
 *
 * @throws HeadlockError `malformed_delivery`, `form_encoded_delivery`
 */
export function parsePush(provider: Provider, headers: DeliveryHeaders, rawBody: Buffer): PushOutcome {
  const dialect = BY_PROVIDER[provider];
  if (isFormEncoded(headers)) throw createFormEncodedError();
  const event = headers[dialect.eventHeader] ?? dialect.defaultEvent;
  if (event === null) throw createMalformedDeliveryError(`has no ${dialect.eventHeader} header`);
  const payload = parsePayload(rawBody);
  if (event !== dialect.push) return { kind: 'ignored', reason: otherEvent(event) };
  return readRef(payload.ref, deliveryIdOf(headers[dialect.deliveryHeader], rawBody));
}

function readRef(ref: unknown, deliveryId: string): PushOutcome {
  if (typeof ref !== 'string') throw createMalformedDeliveryError('has no ref, or one that is no text');
  if (ref.startsWith('refs/tags/')) return { kind: 'ignored', reason: 'tag' };
  const branch = branchOfRefName(ref);
  return branch === null ? { kind: 'ignored', reason: 'not_a_branch' } : { kind: 'push', branch, deliveryId };
}

function otherEvent(event: string): 'ping' | 'tag' | 'not_a_push' {
  return (Object.hasOwn(OTHER_EVENTS, event) ? OTHER_EVENTS[event] : undefined) ?? 'not_a_push';
}

/** The forge's own id where it is a short plain text, else one made of the body. */
function deliveryIdOf(header: string | undefined, rawBody: Buffer): string {
  if (header !== undefined && /^[!-~]{1,128}$/.test(header)) return header;
  return `sha256:${createHash('sha256').update(rawBody).digest('hex')}`;
}

function isFormEncoded(headers: DeliveryHeaders): boolean {
  return /^\s*application\/x-www-form-urlencoded\b/i.test(headers['content-type'] ?? '');
}
