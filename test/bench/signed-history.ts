import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { computeOid } from '../../shared/git/object-id.ts';
import { buildPack } from '../support/build-pack.ts';
import { commitPayload, identityAt, signedCommit } from '../support/commit-bytes.ts';
import { createCertificateKey, keyPacket, selfSignature, userIdPacket } from '../support/forge-certificate.ts';
import { forgeSignature } from '../support/forge-openpgp.ts';
import { createSshForgingKey, forgeSshSignature } from '../support/forge-ssh.ts';
import { createGitRepository, type GitRepository } from '../support/git-repository.ts';

const STARTED = 1_700_000_000;

/** How many sign in turn: each has `signer<n>.gpg` and `signer<n>.pub`. */
export const SIGNERS = 4;

/** OpenPGP and SSH signers in turn; of five commits one is on a side branch, and the next merges it. */
export async function createSignedHistory(keys: string, count: number): Promise<GitRepository> {
  const signers = await createSigners(keys);
  const bodies: Buffer[] = [];
  let [main, side] = ['', ''];
  for (let n = 0; n < count; n += 1) {
    const parents = n === 0 ? [] : n % 5 === 4 ? [main, side] : [main];
    const committer = identityAt(
      STARTED + 60 * n,
      `Signer ${n % signers.length}`,
      `signer${n % signers.length}@example.com`,
    );
    const message = `Release ${n}\n\nImages were built and scanned; the manifests name them by digest.\n`;
    const payload = commitPayload({ committer, parents, message });
    const body = signedCommit(payload, signers[n % signers.length]?.(payload, STARTED + 60 * n) ?? Buffer.alloc(0));
    const { oid } = computeOid('commit', body, 'sha1');
    bodies.push(body);
    if (n % 5 === 3) side = oid;
    else main = oid;
  }
  const repository = await createGitRepository({ bare: true });
  await repository.pipe(buildPack(bodies.map((body) => ({ type: 'commit', body }))), 'index-pack', '--stdin');
  await repository.run('update-ref', 'refs/heads/main', main);
  return repository;
}

type Sign = (payload: Buffer, at: number) => Buffer;

async function createSigners(folder: string): Promise<readonly Sign[]> {
  await mkdir(folder, { recursive: true });
  const signers: Sign[] = [];
  for (let n = 0; n < SIGNERS; n += 1) {
    const key = createCertificateKey();
    const userId = `Signer ${n} <signer${n}@example.com>`;
    const certificate = Buffer.concat([keyPacket(key), userIdPacket(userId), selfSignature(key, userId)]);
    await writeFile(join(folder, `signer${n}.gpg`), certificate);
    signers.push((payload, created) => forgeSignature(key, payload, { created }));
    const ssh = createSshForgingKey();
    await writeFile(join(folder, `signer${n}.pub`), `${ssh.line}\n`);
    signers.push((payload) => forgeSshSignature(ssh, payload.toString()));
  }
  return signers;
}
