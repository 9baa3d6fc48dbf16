import { createPublicKey, verify } from 'node:crypto';
import { parseCommit } from '../../shared/git/parse-commit.ts';
import { DEFAULT_BRANCH_LIMITS } from '../../shared/model/limits.ts';
import type { Oid } from '../../shared/model/oid.ts';
import type { OpenPgpKey, Signatory, SigningKey } from '../../shared/model/signatory.ts';
import { createKeyring } from '../../shared/signatures/keyring.ts';
import { compileCertificates } from '../../shared/signatures/openpgp/compile-certificates.ts';
import { parseSshPublicKey } from '../../shared/signatures/ssh/parse-public-key.ts';
import { judgeCommit } from '../../shared/trust/judge-commit.ts';
import { createGitRepository } from '../support/git-repository.ts';
import { createGpgHome, createGpgKey, createSshKey, exportPublicKey } from '../support/signing.ts';
import { type BenchRow, compareRates, medianMs } from './measure.ts';

const COMMITS = 20;
const VERIFICATIONS = 2000;

/** Verifications a second from raw commit bytes, beside what `crypto.verify` alone takes for the same key and size of digest. */
export async function benchSignatures(): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const algo of ['rsa4096', 'rsa2048', 'ed25519', 'nistp256'] as const) {
    const home = await createGpgHome();
    const key = await createGpgKey({ home, algo });
    const { keys } = await compileCertificates(await exportPublicKey(key));
    const commits = await signCommits({ ...home.env }, ['user.signingkey', key.fingerprint]);
    rows.push(await benchKey(`OpenPGP ${algo}`, keys, commits));
    await key.cleanup();
  }
  const key = await createSshKey();
  const commits = await signCommits({}, ['gpg.format', 'ssh'], ['user.signingkey', key.path]);
  rows.push(await benchKey('SSH ed25519', [parseSshPublicKey(key.publicKey)], commits));
  await key.cleanup();
  return rows;
}

async function signCommits(
  env: Readonly<Record<string, string>>,
  ...config: readonly (readonly [string, string])[]
): Promise<readonly [Oid, Buffer][]> {
  const repository = await createGitRepository({ env });
  for (const [name, value] of config) await repository.run('config', name, value);
  const commits: [Oid, Buffer][] = [];
  for (let n = 0; n < COMMITS; n += 1) {
    const oid = await repository.commit(`Commit ${n}`, {
      args: ['-S'],
      date: `${Math.floor(Date.now() / 1000)} +0000`,
    });
    commits.push([oid, await repository.readObject(oid)]);
  }
  await repository.remove();
  return commits;
}

async function benchKey(
  name: string,
  keys: readonly SigningKey[],
  commits: readonly [Oid, Buffer][],
): Promise<BenchRow> {
  const alice: Signatory = {
    name: 'Alice',
    emails: [],
    matchEmail: false,
    validFrom: null,
    validUntil: null,
    limit: null,
    keys,
  };
  const keyring = createKeyring([alice]);
  const now = Math.floor(Date.now() / 1000) + 60;
  const terms = {
    keyTime: 'first-seen',
    matchEmail: false,
    limits: DEFAULT_BRANCH_LIMITS,
    firstSeen: now,
    judgedAt: now,
  } as const;
  const ours = () => {
    for (let n = 0; n < VERIFICATIONS; n += 1) {
      const [oid, raw] = commits[n % commits.length] ?? fail();
      if (judgeCommit(oid, raw, keyring, terms).outcome !== 'verified') fail();
    }
  };
  const raw = createRawVerification(keys, commits);
  await medianMs(1, ours);
  await medianMs(1, raw);
  return compareRates(name, VERIFICATIONS, await medianMs(5, ours), 'raw crypto.verify', await medianMs(5, raw));
}

/** A signature of the right size that does not verify takes OpenSSL as long as one that does. */
function createRawVerification(keys: readonly SigningKey[], [first]: readonly [Oid, Buffer][]): () => void {
  const key = keys[0] ?? fail();
  const publicKey = createPublicKey({ key: spkiOf(key), format: 'der', type: 'spki' });
  const [oid, raw] = first ?? fail();
  const payload = parseCommit(oid, raw, DEFAULT_BRANCH_LIMITS).raw;
  const isEdwards = publicKey.asymmetricKeyType === 'ed25519';
  const signature =
    publicKey.asymmetricKeyType === 'rsa' ? Buffer.alloc((key as OpenPgpKey).bits / 8, 1) : edSignature(isEdwards);
  return () => {
    for (let n = 0; n < VERIFICATIONS; n += 1) verify(isEdwards ? null : 'sha512', payload, publicKey, signature);
  };
}

function edSignature(isEdwards: boolean): Buffer {
  if (isEdwards) return Buffer.alloc(64, 1);
  const integer = Buffer.concat([Buffer.from([0x02, 0x20]), Buffer.alloc(32, 0x11)]);
  return Buffer.concat([Buffer.from([0x30, 0x44]), integer, integer]);
}

function spkiOf(key: SigningKey): Buffer {
  if (key.format === 'openpgp') return Buffer.from(key.spki ?? fail(), 'base64');
  if (key.format === 'x509') return fail();
  const raw = Buffer.from(key.blob, 'base64').subarray(-32);
  return Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw]);
}

function fail(): never {
  throw new Error('The bench lacks what it measures.');
}
