import { HeadlockError } from '../../shared/model/headlock-error.ts';
import { isOid, type Oid } from '../../shared/model/oid.ts';
import type { Settings } from '../command-context.ts';
import { isUrl } from './open-source.ts';

/**
 * The commit that a user names: by its full id, or as `git rev-parse` takes it where the repository is on this machine.
 * @throws HeadlockError `no_such_commit`
 */
export async function resolveCommit(location: string, commit: string, { searchPath }: Settings): Promise<Oid> {
  if (isOid(commit)) return commit;
  if (isUrl(location)) {
    const message = `A repository behind a URL is asked by full commit ids: \`git rev-parse ${commit}\` in a clone prints one.`;
    throw new HeadlockError('no_such_commit', message, { kind: 'input' });
  }
  // Loaded where it is needed: most commits are named by their ids.
  const { resolveRevision } = await import('../../shared/git/resolve-revision.ts');
  return resolveRevision(location, searchPath, commit);
}
