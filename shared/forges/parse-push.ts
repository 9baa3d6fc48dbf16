import { createHash } from 'node:crypto';
import { branchOfRefName } from '../model/branch-ref.ts';
import type { Provider } from '../model/policy.ts';
import { tagOfRefName } from '../model/tag-ref.ts';
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
  /** Of branches and of tags. */
  readonly pushes: readonly string[];
  readonly deliveryHeader: string;
}

const GITHUB: Dialect = {
  eventHeader: 'x-github-event',
  defaultEvent: null,
  pushes: ['push'],
  deliveryHeader: 'x-github-delivery',
};

const BY_PROVIDER: Readonly<Record<Provider, Dialect>> = {
  github: GITHUB,
  gitlab: {
    eventHeader: 'x-gitlab-event',
    defaultEvent: null,
    pushes: ['Push Hook', 'Tag Push Hook'],
    // The event's own UUID is shared by events that one of them set off, so it is no id of a delivery.
    deliveryHeader: 'idempotency-key',
  },
  // Gitea, Forgejo and others send GitHub's headers; a script may leave them out.
  generic: { ...GITHUB, defaultEvent: 'push' },
};

/**
 * Reads a delivery that was authenticated. Only the branch or tag and an id go on; the repository comes from the address that
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
  if (!dialect.pushes.includes(event)) return { kind: 'ignored', reason: event === 'ping' ? 'ping' : 'not_a_push' };
  return readRef(payload.ref, deliveryIdOf(headers[dialect.deliveryHeader], rawBody));
}

function readRef(ref: unknown, deliveryId: string): PushOutcome {
  if (typeof ref !== 'string') throw createMalformedDeliveryError('has no ref, or one that is no text');
  const tag = tagOfRefName(ref);
  if (tag !== null) return { kind: 'tag', tag, deliveryId };
  const branch = branchOfRefName(ref);
  return branch === null ? { kind: 'ignored', reason: 'not_a_branch' } : { kind: 'push', branch, deliveryId };
}

/** The forge's own id where it is a short plain text, else one made of the body. */
function deliveryIdOf(header: string | undefined, rawBody: Buffer): string {
  if (header !== undefined && /^[!-~]{1,128}$/.test(header)) return header;
  return `sha256:${createHash('sha256').update(rawBody).digest('hex')}`;
}

function isFormEncoded(headers: DeliveryHeaders): boolean {
  return /^\s*application\/x-www-form-urlencoded\b/i.test(headers['content-type'] ?? '');
}
