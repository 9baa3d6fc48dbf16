import { verify } from 'node:crypto';
import { DEFAULT_BRANCH_LIMITS } from '../../shared/model/limits.ts';
import type { SigningKey } from '../../shared/model/signatory.ts';
import { createKeyring } from '../../shared/signatures/keyring.ts';
import { compileCertificates } from '../../shared/signatures/openpgp/compile-certificates.ts';
import { parseSshPublicKey } from '../../shared/signatures/ssh/parse-public-key.ts';
import { judgeProvenCommit, proveCommit } from '../../shared/trust/judge-commit.ts';
import { proveCommits, type RawCommit } from '../../shared/trust/prove-commits.ts';
import { createForgingKey } from '../support/forge-openpgp.ts';
import { createGitRepository } from '../support/git-repository.ts';
import { createSignatory } from '../support/signatories.ts';
import { createGpgHome, createGpgKey, createSshKey, exportPublicKey } from '../support/signing.ts';
import { type BenchRow, compareTimes, medianMs } from './measure.ts';
import { compareCpu, perSecond } from './measure-cpu.ts';

const COMMITS = 20;
const VERIFICATIONS = 640;
const ROUNDS = 15;
const CERTIFICATES = [1, 50, 1_000] as const;
const LOAD_LIMIT_MS = 10;

/**
 * Verifications a second on one processor, from raw commit bytes and their id to the verdict, as `judgeRange` does it; beside
 * `crypto.verify` alone with the same keys, over the very bytes and signatures of the same commits.
 */
export async function benchSignatures(): Promise<readonly BenchRow[]> {
  const others = Array.from({ length: Math.max(...CERTIFICATES) - 1 }, () => createForgingKey().record);
  const rows: BenchRow[] = [];
  for (const algo of ['rsa4096', 'rsa2048', 'ed25519', 'nistp256'] as const) {
    const home = await createGpgHome();
    const key = await createGpgKey({ home, algo });
    const { keys } = await compileCertificates(await exportPublicKey(key));
    const commits = await signCommits({ ...home.env }, ['user.signingkey', key.fingerprint]);
    rows.push(...benchKeyrings(`OpenPGP ${algo}`, keys, others, commits));
    await key.cleanup();
  }
  const key = await createSshKey();
  const commits = await signCommits({}, ['gpg.format', 'ssh'], ['user.signingkey', key.path]);
  rows.push(...benchKeyrings('SSH ed25519', [parseSshPublicKey(key.publicKey)], others, commits));
  await key.cleanup();
  return [...rows, await benchLoading(others)];
}

async function signCommits(
  env: Readonly<Record<string, string>>,
  ...config: readonly (readonly [string, string])[]
): Promise<readonly RawCommit[]> {
  const repository = await createGitRepository({ env });
  for (const [name, value] of config) await repository.run('config', name, value);
  const commits: RawCommit[] = [];
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

function benchKeyrings(
  name: string,
  keys: readonly SigningKey[],
  others: readonly SigningKey[],
  commits: readonly RawCommit[],
): BenchRow[] {
  return CERTIFICATES.map((count) =>
    benchKeyring(`${name}, ${count} in the ring`, keys, others.slice(0, count - 1), commits),
  );
}

function benchKeyring(
  name: string,
  keys: readonly SigningKey[],
  others: readonly SigningKey[],
  commits: readonly RawCommit[],
): BenchRow {
  const keyring = createKeyring([createSignatory(keys), createSignatory(others, { name: 'Others' })]);
  const limits = DEFAULT_BRANCH_LIMITS;
  const now = Math.floor(Date.now() / 1000) + 60;
  const terms = { keyTime: 'first-seen', matchEmail: false, limits, firstSeen: now, judgedAt: now } as const;
  const many = repeat(commits);
  const ours = () => {
    for (const proven of proveCommits(many, keyring, limits))
      if (judgeProvenCommit(proven, terms).outcome !== 'verified') throw new Error('A good commit is refused.');
  };
  const checks = repeat(commits.map(([oid, raw]) => firstCheck(proveCommit(oid, raw, keyring, limits))));
  const raw = () => {
    for (const { digest, data, key, signature } of checks)
      if (!verify(digest, data, key, signature)) throw new Error('A good signature is bad.');
  };
  const times = compareCpu(ROUNDS, VERIFICATIONS, ours, raw);
  return {
    name,
    ours: perSecond(times.ours),
    peer: `raw crypto.verify ${perSecond(times.theirs)}`,
    ratio: times.ratio,
  };
}

function repeat<T>(items: readonly T[]): readonly T[] {
  return Array.from({ length: VERIFICATIONS / items.length }, () => items).flat();
}

function firstCheck(checks: ReturnType<typeof proveCommit>) {
  const step = checks.next();
  if (step.done === true) throw new Error('A good commit is refused.');
  return step.value;
}

/** From the stored text of the records to a ring that has answered once. */
async function benchLoading(records: readonly SigningKey[]): Promise<BenchRow> {
  const signatories = [...records, createForgingKey().record].map((record, n) =>
    createSignatory([record], { name: `Signatory ${n}` }),
  );
  const stored = JSON.stringify(signatories);
  const fingerprint = signatories[500]?.keys[0]?.fingerprint ?? '';
  const load = () => {
    if (createKeyring(JSON.parse(stored)).openPgpByFingerprint(fingerprint).length !== 1)
      throw new Error('It is not found.');
  };
  await medianMs(3, load);
  const ours = await medianMs(15, load);
  return compareTimes(
    `load ${signatories.length.toLocaleString('en')} compiled certificates`,
    ours,
    'limit',
    LOAD_LIMIT_MS,
  );
}
