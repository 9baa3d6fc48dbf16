import type { SourceUnreachable } from '../../shared/git/commit-source.ts';
import { assertNever } from '../../shared/model/assert-never.ts';
import type { UnreachableCause } from '../../shared/model/branch-state.ts';
import { isAllTags } from '../../shared/model/tag-ref.ts';
import { contactForge } from './contact-forge.ts';
import type { ComparePorts } from './ports.ts';
import { watchBranches } from './watch-branches.ts';
import { watchTags } from './watch-tags.ts';
import { type CurrentPolicy, isOwing, type Watched } from './watched.ts';

export interface Comparison {
  /** What came of asking the forge; null where there was nothing to ask. */
  readonly forge: 'refs' | 'held-back' | UnreachableCause | null;
  /** How many branches are to be decided anew; all tags together count as one. */
  readonly hints: number;
}

/**
 * Compares what a repository's forge lists with what is recorded, and hints what a decision may change: what no webhook told,
 * what is due, and what time alone may change (trust rules 5.2, 5.5). It decides nothing: whoever follows a hint reads anew.
 * @param delivery - the same one twice counts once
 */
export async function compareRefs(repository: string, delivery: string, ports: ComparePorts): Promise<Comparison> {
  const now = ports.now().toISOString();
  const hint = async (those: readonly Watched[]): Promise<number> => {
    for (const { ref } of those) await ports.queue.send({ ref, delivery });
    return those.length;
  };
  const watched = [...(await watchBranches(repository, ports)), ...(await watchTags(repository, ports))];
  const { owing = [], others = [] } = Object.groupBy(watched, (each) => (isOwing(each, now) ? 'owing' : 'others'));
  const owed = await hint(owing);
  const active = others.filter(({ state }) => state?.retired === false);
  const current = active.length === 0 ? null : await ports.policies.readPolicy(repository);
  if (current === null) return { forge: null, hints: owed };

  const withTags = active.some(({ ref }) => isAllTags(ref));
  const isUnreached = watched.some(({ state }) => (state?.unreachable ?? null) !== null);
  const contact = await contactForge(current.policy, { withTags, isUnreached }, ports);
  switch (contact.kind) {
    case 'held-back':
      return { forge: contact.kind, hints: owed };
    case 'unreachable': {
      const hints = await hint(active.filter((each) => isNews(each, contact, current)));
      return { forge: contact.cause, hints: owed + hints };
    }
    case 'refs': {
      const isChanged = await Promise.all(active.map((each) => each.isChanged(contact, current, now)));
      return { forge: contact.kind, hints: owed + (await hint(active.filter((_, index) => isChanged[index]))) };
    }
    default:
      return assertNever(contact);
  }
}

/**
 * Whether it is not recorded yet that the forge cannot be read, or another policy may flag what is published (trust rule 3.3).
 * A server that answers, though not with a list, may answer to what a decision asks: whoever pushes makes the list too long.
 */
function isNews({ state }: Watched, { cause }: SourceUnreachable, { version }: CurrentPolicy): boolean {
  return cause === 'bad_response' || state?.unreachable?.cause !== cause || state.policyVersion !== version;
}
