import type { RefListing } from '../../shared/git/ref-source.ts';
import { DEFAULT_BRANCH_LIMITS } from '../../shared/model/limits.ts';
import type { RepositoryPolicy } from '../../shared/model/policy.ts';
import { askSources } from '../../shared/sources/ask-sources.ts';
import { isHeldBack, longestWait, nextContact } from './next-contact.ts';
import type { ComparePorts } from './ports.ts';

export interface Wanted {
  readonly withTags: boolean;
  /** Whether the latest decision of something did not reach the forge either. */
  readonly isUnreached: boolean;
}

/**
 * Lists a repository's refs, unless its forge is to be left alone. One that is down keeps back the sweep of this repository; one
 * that limits its callers, that of all repositories which it counts as the same caller, but none for longer than an hour: it may
 * limit one of them again and again, and serve the others. Nobody else's repository does.
 */
export async function contactForge(
  policy: RepositoryPolicy,
  { withTags, isUnreached }: Wanted,
  ports: ComparePorts,
): Promise<RefListing | { readonly kind: 'held-back' }> {
  const { contacts } = ports;
  const caller = callerOf(policy);
  const waiting = `${policy.repository} waits`;
  const read = (party: string) => contacts.read(party);
  const [own, shared, wait] = await Promise.all([read(policy.repository), read(caller), read(waiting)]);
  const now = ports.now();
  // A decision that a webhook asked for may have shown meanwhile that the forge is back.
  if (isUnreached && isHeldBack(own, now)) return { kind: 'held-back' };
  if (isHeldBack(shared, now) && (wait === null || isHeldBack(wait, now))) {
    if (wait === null) await contacts.write(waiting, longestWait(now));
    return { kind: 'held-back' };
  }
  if (wait !== null) await contacts.remove(waiting);

  const listing = await listRefs(policy, withTags, ports);
  if (listing.kind === 'refs') {
    if (own !== null) await contacts.remove(policy.repository);
    if (shared !== null) await contacts.remove(caller);
    return listing;
  }
  // Without its secret nobody was asked, and whoever stores it waits for the next sweep alone.
  if (listing.cause === 'missing_secret') return listing;
  const [party, former] = listing.cause === 'rate_limited' ? [caller, shared] : [policy.repository, own];
  await contacts.write(party, nextContact(former, listing, ports.now(), ports.random()));
  return listing;
}

async function listRefs(policy: RepositoryPolicy, withTags: boolean, ports: ComparePorts): Promise<RefListing> {
  const sources = await ports.openSources(policy, DEFAULT_BRANCH_LIMITS);
  if ('kind' in sources) return sources;
  return (await askSources(sources, (each) => each.listRefs({ withTags }))).answer;
}

/** Forges limit by host and credential. No repository's name has a space. */
function callerOf({ url, credentials }: RepositoryPolicy): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host} ${credentialOf(credentials)}`;
}

function credentialOf(credentials: RepositoryPolicy['credentials']): string {
  if (credentials === null) return 'nobody';
  if ('app' in credentials) return `app ${credentials.app.name}`;
  if ('sshKey' in credentials) return credentials.sshKey.secretRef;
  return ('bearer' in credentials ? credentials.bearer : credentials.password).secretRef;
}
