import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { computeOid } from '../../shared/git/object-id.ts';
import type { Oid } from '../../shared/model/oid.ts';
import type { Git } from '../load/git.ts';
import { buildPack } from '../support/build-pack.ts';
import { commitPayload, identityAt, signedCommit } from '../support/commit-bytes.ts';
import { forgeSshSignature, type SshForgingKey } from '../support/forge-ssh.ts';

export interface Change {
  readonly before: Oid;
  readonly after: Oid;
}

/** A repository on the instance's git server, to push to. */
export interface MeteredRepository {
  readonly anchor: Oid;
  /** What the latest push changed. */
  latest(): Change;
  /** So many signed commits. */
  push(commits: number): Promise<Change>;
  pushUnsigned(): Promise<Change>;
  /** Forces a signed commit into the place of the latest push. */
  replaceLatest(): Promise<Change>;
}

/** @param served - where the server finds its repositories */
export async function createMeteredRepository(
  git: Git,
  key: SshForgingKey,
  source: string,
  served: string,
): Promise<MeteredRepository> {
  const target = join(served, 'shop.git');
  await mkdir(target, { recursive: true });
  for (const path of [source, target]) await git(path, ['init', '-q', '--bare', '-b', 'main']);
  let change: Change | null = null;

  async function push(commits: number, isSigned: boolean, onto = change?.after ?? null): Promise<Change> {
    const former = change?.after ?? null;
    let tip = onto;
    const bodies = Array.from({ length: commits }, (_, n) => {
      const committer = identityAt(Math.floor(Date.now() / 1000));
      const payload = commitPayload({ parents: tip === null ? [] : [tip], committer, message: `Release ${n}\n` });
      const body = isSigned ? signedCommit(payload, forgeSshSignature(key, payload.toString())) : payload;
      tip = computeOid('commit', body, 'sha1').oid;
      return { type: 'commit', body } as const;
    });
    if (tip === null) throw new Error('A push has a commit.');
    await git(source, ['unpack-objects', '-q'], buildPack(bodies));
    await git(source, ['push', '-q', '--force', target, `${tip}:refs/heads/main`]);
    change = { before: former ?? tip, after: tip };
    return change;
  }

  const first = await push(1, true);
  return {
    anchor: first.after,
    latest: () => change ?? first,
    push: (commits) => push(commits, true),
    pushUnsigned: () => push(1, false),
    replaceLatest: () => push(1, true, change?.before ?? null),
  };
}
