import { z } from 'zod';
import { isBranchName, isRepositoryName } from '../../shared/model/branch-ref.ts';

/** A branch of its own, on which Headlock is proven now and then by one good and one bad commit. */
export interface CanarySettings {
  /** A repository of `headlock.yaml` that holds nothing else. */
  readonly repository: string;
  readonly branch: string;
  /** Who pushes, over https. */
  readonly username: string;
  /** The secret with that user's password or token, of purpose `canary`. */
  readonly passwordSecret: string;
  /** The secret with the Ed25519 key, in OpenSSH's format, of the repository's only signatory; of purpose `canary`. */
  readonly keySecret: string;
  readonly everyMinutes: number;
}

const secretName = z.string().refine(isRepositoryName, { error: 'Take the name of a secret.' });

export const canarySchema = z
  .strictObject({
    repository: z.string().refine(isRepositoryName, { error: 'Take the name of a repository in headlock.yaml.' }),
    branch: z.string().refine(isBranchName, { error: 'Take the name of a branch.' }).default('main'),
    username: z.string().min(1).default('headlock-canary'),
    passwordSecret: secretName.default('canary-push'),
    keySecret: secretName.default('canary-key'),
    // CloudWatch's longest period is a day: two flights have to fit into it for their absence to be seen.
    everyMinutes: z.int().min(10).max(720).default(60),
  })
  .nullable()
  .default(null);
