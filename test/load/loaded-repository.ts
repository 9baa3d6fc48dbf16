import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { computeOid } from '../../shared/git/object-id.ts';
import type { Oid } from '../../shared/model/oid.ts';
import { buildPack } from '../support/build-pack.ts';
import { commitPayload, identityAt, signedCommit } from '../support/commit-bytes.ts';
import { forgeSshSignature, type SshForgingKey } from '../support/forge-ssh.ts';
import type { Git } from './git.ts';

/** A repository on the instance's git server whose next commits are signed already, and pushed one by one. */
export interface LoadedRepository {
  readonly name: string;
  /** The anchor, then each commit that is there to be pushed, oldest first. */
  readonly commits: readonly Oid[];
  /** How many of `commits` the server has on `main`: the first is there from the start. */
  pushed: number;
  /** A `git push` of the next commit. @returns the old and the new tip; null where none is left */
  push(): Promise<{ readonly before: Oid; readonly after: Oid } | null>;
}

/** @param folders - where to keep what is not pushed yet, and where the server finds its repositories */
export async function createLoadedRepository(
  name: string,
  pushes: number,
  key: SshForgingKey,
  folders: { readonly sources: string; readonly served: string },
  git: Git,
): Promise<LoadedRepository> {
  const [source, served] = [join(folders.sources, `${name}.git`), join(folders.served, `${name}.git`)];
  await Promise.all([source, served].map((path) => mkdir(path, { recursive: true })));
  await Promise.all([source, served].map((path) => git(path, ['init', '-q', '--bare', '-b', 'main'])));
  const { bodies, commits } = signChain(name, pushes, key);
  await git(source, ['unpack-objects', '-q'], buildPack(bodies.map((body) => ({ type: 'commit', body }))));
  const pushTo = (oid: Oid) => git(source, ['push', '-q', served, `${oid}:refs/heads/main`]);
  const [anchor] = commits;
  if (anchor === undefined) throw new Error('A chain has its anchor.');
  await pushTo(anchor);
  const repository: LoadedRepository = {
    ...{ name, commits, pushed: 1 },
    async push() {
      const [before, after] = commits.slice(repository.pushed - 1, repository.pushed + 1);
      if (before === undefined || after === undefined) return null;
      // Before the server has it: whoever is told of it then tells the truth.
      repository.pushed += 1;
      await pushTo(after);
      return { before, after };
    },
  };
  return repository;
}

function signChain(name: string, pushes: number, key: SshForgingKey) {
  const bodies: Buffer[] = [];
  const commits: Oid[] = [];
  const now = Math.floor(Date.now() / 1000);
  for (let n = 0; n <= pushes; n += 1) {
    const parent = commits.at(-1);
    const payload = commitPayload({
      parents: parent === undefined ? [] : [parent],
      committer: identityAt(now),
      message: `Release ${n} of ${name}\n`,
    });
    const body = signedCommit(payload, forgeSshSignature(key, payload.toString()));
    bodies.push(body);
    commits.push(computeOid('commit', body, 'sha1').oid);
  }
  return { bodies, commits };
}
