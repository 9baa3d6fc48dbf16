import { askGit, isShallowClone } from '../../shared/git/git-process.ts';
import { formatClaim } from '../../shared/model/claim.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import { isOid, type Oid } from '../../shared/model/oid.ts';
import type { Settings } from '../command-context.ts';
import { isUrl } from './open-source.ts';

/**
 * The commit that a user names: by its full id, or in a repository on this machine by whatever `git rev-parse` knows there
 * (`HEAD`, a branch, a tag, the first digits of an id).
 * @throws HeadlockError `no_such_commit`
 */
export async function resolveCommit(location: string, commit: string, { searchPath }: Settings): Promise<Oid> {
  if (isOid(commit)) return commit;
  if (isUrl(location)) {
    throw noSuchCommit(
      `A repository behind a URL is asked by full commit ids: \`git rev-parse ${formatClaim(commit)}\` in a clone prints one.`,
    );
  }
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${commit}^{commit}`];
  const { status, output } = await askGit(location, searchPath, args);
  const oid = output.trim();
  if (status === 0 && isOid(oid)) return oid;
  const advice = (await isShallowClone(location, searchPath))
    ? 'The clone is shallow: `git fetch --unshallow` brings the rest.'
    : 'Write a commit id, or a name that `git rev-parse` knows there.';
  throw noSuchCommit(`git finds no commit \`${formatClaim(commit)}\` in \`${location}\`. ${advice}`);
}

function noSuchCommit(message: string): HeadlockError<'no_such_commit'> {
  return new HeadlockError('no_such_commit', message, { kind: 'input' });
}
