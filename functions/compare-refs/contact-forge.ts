import type { RefListing } from '../../shared/git/ref-source.ts';
import type { UnreachableCause } from '../../shared/model/branch-state.ts';
import { DEFAULT_BRANCH_LIMITS } from '../../shared/model/limits.ts';
import type { RepositoryPolicy } from '../../shared/model/policy.ts';
import { askSources } from '../../shared/sources/ask-sources.ts';
import { isHeldBack, longestWait, nextContact, nextOfHost } from './next-contact.ts';
import type { ComparePorts } from './ports.ts';

export interface Wanted {
  readonly withTags: boolean;
  /** Whether the latest decision of something did not reach the forge either. */
  readonly isUnreached: boolean;
}

/** What a host does to all its repositories. A `timeout` may also be one repository's own: so may those of a few in a row. */
const CAUSES_OF_HOSTS: ReadonlySet<UnreachableCause> = new Set(['dns', 'connection', 'timeout']);

/**
 * Lists a repository's refs, unless its forge is to be left alone. One that is down keeps back the sweep of this repository; one
 * that limits its callers, that of all repositories which it counts as the same caller; and a host that nobody could reach
 * several times in a row, that of all its repositories for minutes: each would wait for it as long as a turn takes, and other
 * hosts' repositories with it. None that got through the last time is kept back by others for longer than an hour: a forge may
 * limit or refuse one of them again and again, and serve the others.
 */
export async function contactForge(
  policy: RepositoryPolicy,
  { withTags, isUnreached }: Wanted,
  ports: ComparePorts,
): Promise<RefListing | { readonly kind: 'held-back' }> {
  const { contacts } = ports;
  const host = hostOf(policy);
  const caller = `${host} ${credentialOf(policy.credentials)}`;
  const waiting = `${policy.repository} waits`;
  const read = (party: string) => contacts.read(party);
  const reading = [read(policy.repository), read(caller), read(host), read(waiting)] as const;
  const [own, shared, ofHost, wait] = await Promise.all(reading);
  const now = ports.now();
  // A decision that a webhook asked for may have shown meanwhile that the forge is back.
  if (isUnreached && isHeldBack(own, now)) return { kind: 'held-back' };
  const isWaiting = wait === null || isHeldBack(wait, now);
  // Whoever could not reach the host either is no reason to try it sooner than the first that comes.
  if ((isHeldBack(shared, now) && isWaiting) || (isHeldBack(ofHost, now) && (isWaiting || own !== null))) {
    if (wait === null) await contacts.write(waiting, longestWait(now, ports.random()));
    return { kind: 'held-back' };
  }
  if (wait !== null) await contacts.remove(waiting);

  const listing = await listRefs(policy, withTags, ports);
  if (listing.kind === 'refs') {
    if (own !== null) await contacts.remove(policy.repository);
    if (shared !== null) await contacts.remove(caller);
    if (ofHost !== null) await contacts.remove(host);
    return listing;
  }
  // Without its secret nobody was asked, and whoever stores it waits for the next sweep alone.
  if (listing.cause === 'missing_secret') return listing;
  const [party, former] = listing.cause === 'rate_limited' ? [caller, shared] : [policy.repository, own];
  await contacts.write(party, nextContact(former, listing, ports.now(), ports.random()));
  if (CAUSES_OF_HOSTS.has(listing.cause)) await contacts.write(host, nextOfHost(ofHost, ports.now(), ports.random()));
  else if (ofHost !== null) await contacts.remove(host);
  return listing;
}

async function listRefs(policy: RepositoryPolicy, withTags: boolean, ports: ComparePorts): Promise<RefListing> {
  const sources = await ports.openSources(policy, DEFAULT_BRANCH_LIMITS);
  if ('kind' in sources) return sources;
  return (await askSources(sources, (each) => each.listRefs({ withTags }))).answer;
}

/** No repository's name has a colon, or a space: forges limit by host and credential, named with a space between them. */
function hostOf({ url }: RepositoryPolicy): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}

function credentialOf(credentials: RepositoryPolicy['credentials']): string {
  if (credentials === null) return 'nobody';
  if ('app' in credentials) return `app ${credentials.app.name}`;
  if ('sshKey' in credentials) return credentials.sshKey.secretRef;
  return ('bearer' in credentials ? credentials.bearer : credentials.password).secretRef;
}
