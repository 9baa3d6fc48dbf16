import { allTagsOf } from '../../shared/model/tag-ref.ts';
import type { DecisionQueue } from '../../shared/queue/decision-queue.ts';
import type { BranchStore } from '../../shared/store/branch-store.ts';
import type { PolicyStore } from '../../shared/store/policy-store.ts';
import type { TagStore } from '../../shared/store/tag-store.ts';

export interface SweepPorts {
  readonly policies: Pick<PolicyStore, 'listRepositories'>;
  readonly branches: Pick<BranchStore, 'listRefs'>;
  readonly tags: Pick<TagStore, 'isGuarded'>;
  readonly queue: DecisionQueue;
}

/**
 * Sends a hint for every branch that has a state, and for the tags of a repository together, so that what no webhook told is found, what is due goes out, and
 * `recheckAt` is served (trust rule 5.2). States are not read here: one that is corrupt would keep all others from being
 * swept. `time` names the sweep: the same one twice counts once.
 */
export async function sendHints(time: string, { policies, branches, tags, queue }: SweepPorts): Promise<number> {
  let sent = 0;
  for (const repository of await policies.listRepositories()) {
    const refs = await branches.listRefs(repository);
    for (const ref of (await tags.isGuarded(repository)) ? [...refs, allTagsOf(repository)] : refs) {
      await queue.send({ ref, delivery: `sweep:${time}` });
      sent += 1;
    }
  }
  return sent;
}
