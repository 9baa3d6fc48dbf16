import { startGit } from '../../shared/git/git-process.ts';
import type { Oid } from '../../shared/model/oid.ts';

/** The bytes of a blob of a repository on this machine; null where git does not find it. */
export async function readBlob(repository: string, id: Oid, searchPath: string): Promise<Buffer | null> {
  const git = startGit(repository, searchPath, ['cat-file', 'blob', id]);
  git.stdin.end();
  const chunks: Buffer[] = await git.stdout.toArray();
  const { status } = await git.ended;
  return status === 0 ? Buffer.concat(chunks) : null;
}
