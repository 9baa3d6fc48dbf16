import type { SourceUnreachable } from '../../shared/git/commit-source.ts';
import type { RefSource } from '../../shared/git/ref-source.ts';
import type { BranchLimits } from '../../shared/model/limits.ts';
import type { RepositoryPolicy } from '../../shared/model/policy.ts';
import type { DecisionQueue } from '../../shared/queue/decision-queue.ts';
import type { BranchStore } from '../../shared/store/branch-store.ts';
import type { ForgeContactStore } from '../../shared/store/forge-contact-store.ts';
import type { PolicyStore } from '../../shared/store/policy-store.ts';
import type { TagStore } from '../../shared/store/tag-store.ts';

/** What comparing a repository's refs needs of the outside. */
export interface ComparePorts {
  readonly policies: Pick<PolicyStore, 'readPolicy' | 'readApplied'>;
  readonly branches: Pick<BranchStore, 'listEach'>;
  readonly tags: Pick<TagStore, 'list'> & { readonly guarded: Pick<TagStore['guarded'], 'read'> };
  readonly contacts: ForgeContactStore;
  readonly queue: DecisionQueue;
  /** One source for each value of the repository's credential, the newest first. */
  openSources(policy: RepositoryPolicy, limits: BranchLimits): Promise<readonly RefSource[] | SourceUnreachable>;
  now(): Date;
  /** From 0 to 1. */
  random(): number;
}
