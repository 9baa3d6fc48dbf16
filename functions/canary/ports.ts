import type { BranchPush } from '../../shared/git/receive-pack/push-branch.ts';
import type { BranchStore } from '../../shared/store/branch-store.ts';

/** What the canary needs of the outside. */
export interface CanaryPorts {
  readonly branches: Pick<BranchStore, 'read'>;
  /** Moves the branch at the forge. @throws TransportError */
  push(push: BranchPush): Promise<void>;
  now(): Date;
  sleep(milliseconds: number): Promise<void>;
}
