import { formatClaim } from '../model/claim.ts';
import { HeadlockError } from '../model/headlock-error.ts';
import { isOid, type Oid } from '../model/oid.ts';
import { askGit } from './git-process.ts';

/**
 * The commit that git knows under a name in a repository on this machine: `HEAD`, a branch, a tag, an abbreviated id, `HEAD~2`.
 * @param searchPath - where git is looked for, as in `PATH`
 * @throws HeadlockError `no_such_commit`
 */
export async function resolveRevision(repository: string, searchPath: string, revision: string): Promise<Oid> {
  if (isOid(revision)) return revision;
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`];
  const { status, output } = await askGit(repository, searchPath, args);
  const oid = output.trim();
  if (status === 0 && isOid(oid)) return oid;
  const message = `git finds no commit \`${formatClaim(revision)}\` in \`${repository}\`. Write a commit id, or a name that \`git rev-parse\` knows there.`;
  throw new HeadlockError('no_such_commit', message, { kind: 'input' });
}
