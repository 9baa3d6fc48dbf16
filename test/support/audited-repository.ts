import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Oid } from '../../shared/model/oid.ts';
import { commitPayload, identityAt, signedCommit } from './commit-bytes.ts';
import { createGitRepository, type GitRepository } from './git-repository.ts';
import {
  createGpgHome,
  createGpgKey,
  createSshKey,
  exportPublicKey,
  type GpgHome,
  type GpgKey,
  type SshKeyPair,
  signWithGpg,
  signWithSsh,
} from './signing.ts';

const DAY = 86_400;
/** 2022-01-01: the day of the first commit. Each is a day younger than the last. */
export const STARTED = 1_640_995_200;

export interface Person {
  readonly name: string;
  readonly email: string;
}

export const ALICE = { name: 'Alice', email: 'alice@example.com' };
export const BOB = { name: 'Bob', email: 'bob@example.com' };
export const CAROL = { name: 'Carol', email: 'carol@example.com' };
export const ERIN = { name: 'Erin', email: '7+erin@users.noreply.github.com' };
export const GITHUB = { name: 'GitHub', email: 'noreply@github.com' };
export const DEPENDABOT = { name: 'dependabot[bot]', email: '49699333+dependabot[bot]@users.noreply.github.com' };

/** A history of every kind of signer, in a repository of its own. */
export interface AuditedRepository {
  readonly repository: GitRepository;
  readonly home: GpgHome;
  readonly keys: { readonly alice: GpgKey; readonly carol: GpgKey; readonly erin: GpgKey; readonly github: GpgKey };
  readonly bob: SshKeyPair;
  /** A folder with the certificates of Alice and Carol. */
  readonly keyFolder: string;
  readonly commits: Readonly<Record<CommitName, Oid>>;
  remove(): Promise<void>;
}

type CommitName = 'root' | 'second' | 'bob' | 'carol' | 'side' | 'merge' | 'squash' | 'erin' | 'late' | 'alice' | 'tip';

/**
 * root ─ second ─ bob ─ carol ─ merge ─ squash ─ erin ─ late ─ alice ─ tip, and side between bob and merge. Unsigned: root,
 * second, side. By GitHub: merge and squash. Erin's key is nowhere; Carol's expired before late. The tip is Alice's.
 */
export async function createAuditedRepository(): Promise<AuditedRepository> {
  const [repository, home, bob] = await Promise.all([createGitRepository(), createGpgHome(), createSshKey()]);
  const before = STARTED - 1000 * DAY;
  const keys = {
    alice: await createGpgKey({ home, ...ALICE, at: before }),
    carol: await createGpgKey({ home, ...CAROL, at: before }),
    erin: await createGpgKey({ home, name: 'Erin', email: 'erin@example.com', at: before }),
    github: await createGpgKey({ home, ...GITHUB, at: before }),
  };

  let day = 0;
  const write = async (
    message: string,
    parents: readonly Oid[],
    committer: Person,
    sign: ((payload: Buffer, at: number) => Promise<Buffer>) | null,
    author: Person = committer,
  ): Promise<Oid> => {
    const at = STARTED + DAY * day++;
    const dated = ({ name, email }: Person) => identityAt(at, name, email);
    const payload = commitPayload({ parents, author: dated(author), committer: dated(committer), message });
    return repository.writeObject('commit', sign === null ? payload : signedCommit(payload, await sign(payload, at)));
  };
  const by = (key: GpgKey) => (payload: Buffer, at: number) => signWithGpg(home, key.fingerprint, payload, { at });

  const root = await write('Begin\n', [], ALICE, null);
  const second = await write('Go on\n', [root], ALICE, null);
  const signedByBob = await write('Sign by SSH\n', [second], BOB, (payload) => signWithSsh(bob, payload));
  const carol = await write('Sign by OpenPGP\n', [signedByBob], CAROL, by(keys.carol));
  const side = await write('Slip\n', [signedByBob], ALICE, null);
  const merge = await write('Merge pull request #11\n', [carol, side], GITHUB, by(keys.github), ALICE);
  const squash = await write('Bump a thing (#12)\n', [merge], GITHUB, by(keys.github), DEPENDABOT);
  const erin = await write('Help\n', [squash], ERIN, by(keys.erin));
  const late = await write('Sign late\n', [erin], CAROL, by(keys.carol));
  const alice = await write('Mend\n', [late], ALICE, by(keys.alice));
  const tip = await write('Release\n', [alice], ALICE, by(keys.alice));
  await repository.run('update-ref', 'refs/heads/main', tip);

  // Carol's key ended between her two commits; Alice's ends in a month.
  await expire(home, keys.carol, STARTED + 5 * DAY, before + DAY);
  const now = Math.floor(Date.now() / 1000);
  await expire(home, keys.alice, now + 30 * DAY, now);
  const keyFolder = join(repository.root, 'keys');
  await mkdir(keyFolder);
  await writeFile(join(keyFolder, 'alice.asc'), await exportPublicKey(keys.alice));
  await writeFile(join(keyFolder, 'carol.asc'), await exportPublicKey(keys.carol));
  return {
    ...{ repository, home, keys, bob, keyFolder },
    commits: { root, second, bob: signedByBob, carol, side, merge, squash, erin, late, alice, tip },
    remove: async () => {
      await Promise.all([repository.remove(), home.cleanup(), bob.cleanup()]);
    },
  };
}

/** The key's owner says so as of `at`. */
async function expire(home: GpgHome, { fingerprint }: GpgKey, end: number, at: number): Promise<void> {
  await home.gpg(['--quick-set-expire', fingerprint, `seconds=${end - at}`], { at });
}
