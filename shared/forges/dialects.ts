import type { Provider } from '../model/policy.ts';
import { createMalformedDeliveryError } from './delivery.ts';
import { isObject, type Payload } from './parse-payload.ts';

/** What tells a provider's push events and deliveries apart. */
export interface Dialect {
  readonly eventHeader: string;
  /** The event of a delivery that names none; null where that is malformed. */
  readonly defaultEvent: string | null;
  readonly pings: readonly string[];
  /** Events of pushes, of branches and of tags, each with how its payload names what was pushed. */
  readonly pushes: ReadonlyMap<string, ReadRefNames>;
  readonly deliveryHeader: string;
}

/** Full ref names, as `refs/heads/main`. @throws HeadlockError `malformed_delivery` */
export type ReadRefNames = (payload: Payload) => readonly string[];

/** One push of all refs of a large repository. */
const MAX_CHANGES = 10_000;

const GITHUB: Dialect = {
  eventHeader: 'x-github-event',
  defaultEvent: null,
  pings: ['ping'],
  pushes: new Map([['push', readRef]]),
  deliveryHeader: 'x-github-delivery',
};

export const DIALECTS: Readonly<Record<Provider, Dialect>> = {
  github: GITHUB,
  gitlab: {
    eventHeader: 'x-gitlab-event',
    defaultEvent: null,
    pings: [],
    pushes: new Map([
      ['Push Hook', readRef],
      ['Tag Push Hook', readRef],
    ]),
    // The event's own UUID is shared by events that one of them set off, so it is no id of a delivery.
    deliveryHeader: 'idempotency-key',
  },
  gitea: { ...GITHUB, eventHeader: 'x-gitea-event', deliveryHeader: 'x-gitea-delivery' },
  forgejo: { ...GITHUB, eventHeader: 'x-forgejo-event', deliveryHeader: 'x-forgejo-delivery' },
  // The first is of Bitbucket Cloud, the others are of Data Center.
  bitbucket: {
    eventHeader: 'x-event-key',
    defaultEvent: null,
    pings: ['diagnostics:ping'],
    pushes: new Map([
      ['repo:push', readCloudChanges],
      ['repo:refs_changed', readServerChanges],
      ['mirror:repo_synchronized', readServerChanges],
    ]),
    deliveryHeader: 'x-request-uuid',
  },
  // Others send GitHub's headers; a script may leave them out.
  generic: { ...GITHUB, defaultEvent: 'push' },
};

function readRef({ ref }: Payload): readonly string[] {
  if (typeof ref !== 'string') throw createMalformedDeliveryError('has no ref, or one that is no text');
  return [ref];
}

/** `push.changes`, each with what a branch or tag was and what it is: one of both is null where it was made or deleted. */
function readCloudChanges({ push }: Payload): readonly string[] {
  return listChanges(isObject(push) ? push.changes : null).map((change) => {
    const target = isObject(change.new) ? change.new : change.old;
    if (!isObject(target) || typeof target.name !== 'string')
      throw createMalformedDeliveryError('has a change without a name');
    return target.type === 'tag' ? `refs/tags/${target.name}` : `refs/heads/${target.name}`;
  });
}

/** `changes`, each with its full ref name. */
function readServerChanges({ changes }: Payload): readonly string[] {
  return listChanges(changes).map(({ ref }) => {
    if (!isObject(ref) || typeof ref.id !== 'string') throw createMalformedDeliveryError('has a change without a ref');
    return ref.id;
  });
}

function listChanges(changes: unknown): readonly Payload[] {
  if (!Array.isArray(changes)) throw createMalformedDeliveryError('has no list of changes');
  if (changes.length > MAX_CHANGES) throw createMalformedDeliveryError(`has more than ${MAX_CHANGES} changes`);
  if (!changes.every(isObject)) throw createMalformedDeliveryError('has a change that is no object');
  return changes;
}
