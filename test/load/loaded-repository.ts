import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { computeOid } from '../../shared/git/object-id.ts';
import type { Oid } from '../../shared/model/oid.ts';
import { buildPack } from '../support/build-pack.ts';
import { commitPayload, identityAt, signedCommit } from '../support/commit-bytes.ts';
import { forgeSshSignature, type SshForgingKey } from '../support/forge-ssh.ts';
import type { Git } from './git.ts';

/** A repository whose server has its next commits already, signed, and moves its branch to them one by one. */
export interface LoadedRepository {
  readonly name: string;
  /** The anchor, then each commit that is there to be pushed, oldest first. */
  readonly commits: readonly Oid[];
  /** How many of `commits` are on `main`: the first is there from the start. */
  pushed: number;
  /** What a push of the next commit does to the branch. @returns the old and the new tip; null where none is left */
  push(): Promise<{ readonly before: Oid; readonly after: Oid } | null>;
}

/** @param folder - where the server finds its repositories */
export async function createLoadedRepository(
  name: string,
  pushes: number,
  key: SshForgingKey,
  folder: string,
  git: Git,
): Promise<LoadedRepository> {
  const path = join(folder, `${name}.git`);
  await mkdir(path);
  await git(path, ['init', '-q', '--bare', '-b', 'main']);
  const { bodies, commits } = signChain(name, pushes, key);
  await git(path, ['unpack-objects', '-q'], buildPack(bodies.map((body) => ({ type: 'commit', body }))));
  const moveTo = (oid: Oid) => git(path, ['update-ref', 'refs/heads/main', oid]);
  const [anchor] = commits;
  if (anchor === undefined) throw new Error('A chain has its anchor.');
  await moveTo(anchor);
  const repository: LoadedRepository = {
    ...{ name, commits, pushed: 1 },
    async push() {
      const [before, after] = commits.slice(repository.pushed - 1, repository.pushed + 1);
      if (before === undefined || after === undefined) return null;
      // Before the server has it: whoever is told of it then tells the truth.
      repository.pushed += 1;
      await moveTo(after);
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
