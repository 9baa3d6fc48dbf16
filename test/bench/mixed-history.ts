import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { computeOid } from '../../shared/git/object-id.ts';
import { type Oid, parseOid } from '../../shared/model/oid.ts';
import { buildPack } from '../support/build-pack.ts';
import { commitPayload, foldHeader, identityAt, insertHeader } from '../support/commit-bytes.ts';
import type { GitRepository } from '../support/git-repository.ts';
import {
  createGpgKey,
  createSshKey,
  exportPublicKey,
  type GpgHome,
  signWithGpg,
  signWithSsh,
} from '../support/signing.ts';

/** One signer's key, as git and Headlock are told of it. */
interface Signer {
  readonly name: string;
  sign(payload: Buffer): Promise<Buffer>;
  /** Of a signatory in `headlock.yaml`. */
  readonly policy: string;
  /** A line of an `allowed_signers` file. */
  readonly allowed: string | null;
  /** Once all is signed. The keys of gpg go with their home. */
  drop?(): Promise<void>;
}

export interface MixedHistory {
  readonly anchor: Oid;
  readonly tip: Oid;
  /** The signatories of `headlock.yaml`. */
  readonly signatories: readonly string[];
}

const GPG_KINDS = ['rsa4096', 'rsa2048', 'ed25519', 'nistp256'] as const;
const SSH_KINDS = [
  ['ed25519', undefined],
  ['ecdsa', 256],
  ['rsa', 3072],
] as const;

/**
 * A history of `count` commits, signed in equal parts by OpenPGP and SSH keys of seven kinds with gpg and ssh-keygen: a
 * branch for each kind, all of them merged into `main`. Keys are written to `folder`, and git is told of them.
 */
export async function createMixedHistory(
  repository: GitRepository,
  home: GpgHome,
  folder: string,
  count: number,
): Promise<MixedHistory> {
  await mkdir(folder, { recursive: true });
  const signers = await createSigners(home, folder);
  const anchor = commitPayload({ message: 'Start\n' });
  const anchorId = idOf(anchor);
  const branches = await Promise.all(
    signers.map((signer, index) => {
      // What does not divide goes to the first; the merge is one more.
      const share = Math.floor((count - 1) / signers.length);
      const rest = index === 0 ? (count - 1) % signers.length : 0;
      return commitInARow(signer, anchorId, share + rest);
    }),
  );
  const [first] = signers;
  if (first === undefined) throw new Error('There is no signer.');
  const tips = branches.map((commits) => idOf(commits.at(-1) ?? anchor));
  const merge = await sign(first, commitPayload({ ...dated(count), parents: tips, message: 'Merge all\n' }));
  await Promise.all(signers.map((signer) => signer.drop?.()));
  const bodies = [anchor, ...branches.flat(), merge];
  await repository.pipe(buildPack(bodies.map((body) => ({ type: 'commit', body }))), 'index-pack', '--stdin');
  await repository.run('update-ref', 'refs/heads/main', idOf(merge));
  const allowed = signers.flatMap((signer) => signer.allowed ?? []);
  await writeFile(join(folder, 'allowed_signers'), `${allowed.join('\n')}\n`);
  await repository.run('config', 'gpg.ssh.allowedSignersFile', join(folder, 'allowed_signers'));
  return { anchor: anchorId, tip: idOf(merge), signatories: signers.map(({ policy }) => policy) };
}

async function createSigners(home: GpgHome, folder: string): Promise<readonly Signer[]> {
  const signers: Signer[] = [];
  for (const algo of GPG_KINDS) {
    const key = await createGpgKey({ home, algo, name: algo, email: `${algo}@example.com` });
    const file = join(folder, `${algo}.asc`);
    await writeFile(file, await exportPublicKey(key));
    const sign = (payload: Buffer) => signWithGpg(home, key.fingerprint, payload);
    signers.push({ name: algo, sign, policy: `{ name: ${algo}, openpgp: ${file} }`, allowed: null });
  }
  for (const [type, bits] of SSH_KINDS) {
    const key = await createSshKey(bits === undefined ? { type } : { type, bits });
    const name = `ssh-${type}`;
    signers.push({
      name,
      sign: (payload) => signWithSsh(key, payload),
      policy: `{ name: ${name}, ssh: "${key.publicKey}" }`,
      allowed: `alice@example.com namespaces="git" ${key.publicKey}`,
      drop: key.cleanup,
    });
  }
  return signers;
}

async function commitInARow(signer: Signer, anchor: Oid, count: number): Promise<readonly Buffer[]> {
  const commits: Buffer[] = [];
  let parent = anchor;
  for (let n = 0; n < count; n += 1) {
    const message = `Release ${n} of ${signer.name}\n\nImages were built and scanned; the manifests name them by digest.\n`;
    const commit = await sign(signer, commitPayload({ ...dated(n), parents: [parent], message }));
    commits.push(commit);
    parent = idOf(commit);
  }
  return commits;
}

async function sign(signer: Signer, payload: Buffer): Promise<Buffer> {
  return insertHeader(payload, foldHeader('gpgsig', await signer.sign(payload)));
}

function dated(n: number) {
  return { committer: identityAt(Math.floor(Date.now() / 1000) - 1 + (n % 2)) };
}

function idOf(commit: Buffer): Oid {
  return parseOid(computeOid('commit', commit, 'sha1').oid);
}
