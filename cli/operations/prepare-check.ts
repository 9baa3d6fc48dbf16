import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createShallowError, isShallowClone } from '../../shared/git/git-process.ts';
import type { BranchPolicy } from '../../shared/model/policy.ts';
import type { CommandContext, Settings } from '../command-context.ts';
import { count } from '../output/count.ts';
import { createCachedCompiler } from '../policy/certificate-cache.ts';
import { chooseBranch } from '../policy/choose-branch.ts';
import { type ReadPolicy, readPolicy } from '../policy/read-policy.ts';
import { isUrl, openSource } from './open-source.ts';
import { type VerifiedRepository, type VerifyRequest, verifyRepository } from './verify-repository.ts';

export interface CheckOptions {
  /** Of the policy. */
  readonly file: string;
  readonly repository?: string | undefined;
  readonly branch?: string | undefined;
  readonly cache: boolean;
}

/** A repository with the policy by which it is checked, and no instance. */
export interface PreparedCheck {
  readonly chosen: ReadPolicy;
  readonly branch: BranchPolicy;
  /** @throws HeadlockError as `verifyRepository` does, and where a shallow clone lacks what is needed */
  verify(range: Pick<VerifyRequest, 'from' | 'to'>): Promise<VerifiedRepository>;
}

/** As many as keep the threads busy. */
const IN_FLIGHT = 64;

/** Reads the policy, chooses the branch and opens the repository. @throws HeadlockError and PolicyError, as they do */
export async function prepareCheck(
  location: string,
  { file, repository, branch: branchName, cache }: CheckOptions,
  { terminal, settings }: Pick<CommandContext, 'terminal' | 'settings'>,
): Promise<PreparedCheck> {
  const policies = await readPolicies(file, cache, settings);
  const { chosen, branch } = chooseBranch(policies, { repository, branch: branchName, location });
  for (const warning of chosen.warnings) terminal.warn(`warning: ${warning}`);

  terminal.progress(`Reading commits from ${location} …`);
  const source = await openSource(location, branch.limits, settings, chosen.policy.certificateAuthority);
  const verify: PreparedCheck['verify'] = async (range) => {
    const found = await verifyRepository({
      source,
      ...chosen,
      branch,
      ...range,
      now: new Date(),
      // On one processor the threads would only wait for each other.
      inFlight: availableParallelism() > 1 ? IN_FLIGHT : 1,
      onJudged: (done, total) => {
        if (done % 100 === 0) terminal.progress(`Judging commits: ${done} of ${count(total, 'commit')} …`);
      },
    });
    const { offence } = found.decision;
    const isAbsent = offence?.reason === 'missing_object' && offence.commit !== null && !isUrl(location);
    if (isAbsent && (await isShallowClone(location, settings.searchPath))) {
      throw createShallowError(location, offence.commit);
    }
    return found;
  };
  return { chosen, branch, verify };
}

/** A policy with its keys, which are compiled once where they may be kept. */
export function readPolicies(
  file: string,
  cache: boolean,
  { cacheFolder }: Pick<Settings, 'cacheFolder'>,
): Promise<readonly ReadPolicy[]> {
  const compile =
    cache && cacheFolder !== null ? createCachedCompiler(join(cacheFolder, 'headlock', 'keys')) : undefined;
  return readPolicy(file, compile);
}
