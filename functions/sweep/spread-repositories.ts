import { createHash } from 'node:crypto';
import type { SweepQueue } from '../../shared/queue/sweep-queue.ts';
import type { PolicyStore } from '../../shared/store/policy-store.ts';

export interface SweepPorts {
  readonly policies: Pick<PolicyStore, 'listRepositories'>;
  readonly queue: SweepQueue;
  /** Between one sweep and the next. */
  readonly intervalSeconds: number;
}

/** @returns how many repositories there are */
export async function spreadRepositories({ policies, queue, intervalSeconds }: SweepPorts): Promise<number> {
  const repositories = await policies.listRepositories();
  const seconds = Math.min(intervalSeconds, repositories.length);
  await queue.sendAll(repositories.map((repository) => ({ repository, delaySeconds: placeOf(repository, seconds) })));
  return repositories.length;
}

/**
 * When in a sweep a repository has its turn: by its name, so that as long passes between two turns as between two sweeps
 * (trust rule 5.2), and forges are asked evenly. Few repositories take no longer than a second each.
 */
function placeOf(repository: string, seconds: number): number {
  return Math.floor((createHash('sha256').update(repository).digest().readUInt32BE() / 2 ** 32) * seconds);
}
