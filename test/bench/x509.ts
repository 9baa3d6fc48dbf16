import { verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseCommit } from '../../shared/git/parse-commit.ts';
import { DEFAULT_BRANCH_LIMITS } from '../../shared/model/limits.ts';
import { parseOid } from '../../shared/model/oid.ts';
import type { Signatory } from '../../shared/model/signatory.ts';
import { createKeyring } from '../../shared/signatures/keyring.ts';
import { runChecks } from '../../shared/signatures/signature-check.ts';
import { type SignedPayload, splitCommit } from '../../shared/signatures/split-commit.ts';
import { proveSignature } from '../../shared/signatures/verify-signature.ts';
import { findChain, isChain } from '../../shared/signatures/x509/find-chain.ts';
import { readCertificate } from '../../shared/signatures/x509/known-certificates.ts';
import { loadSigstore } from '../../shared/signatures/x509/load-sigstore.ts';
import { OID } from '../../shared/signatures/x509/oids.ts';
import { parseCms } from '../../shared/signatures/x509/parse-cms.ts';
import { proveCms } from '../../shared/signatures/x509/prove-cms.ts';
import { publicKeyOf } from '../../shared/signatures/x509/prove-signature.ts';
import { sharedData } from '../support/shared-data.ts';
import { createSignatory } from '../support/signatories.ts';
import { createX509World } from '../support/x509-signing.ts';
import type { BenchRow } from './measure.ts';
import { compareCpu, perSecond } from './measure-cpu.ts';

const SIGNATURES = 20;
/** Times that each is proven in a round. */
const REPEATS = 16;
/** Enough that most of them run compiled code. */
const ROUNDS = 45;
const CMS_LIMIT = 10_000;
const GITSIGN_LIMIT = 300;

/** Proofs of X.509 a second on one processor, beside the limits and, of CMS, beside `crypto.verify` over the same bytes. */
export async function benchX509(): Promise<readonly BenchRow[]> {
  return [...benchCms(), await benchGitsign()];
}

/** Signatures of one signer by openssl, each with its chain, which is known after the first of them. */
function benchCms(): BenchRow[] {
  const world = createX509World();
  const made = Array.from({ length: SIGNATURES }, (_, n) => {
    const content = Buffer.from(`tree ${'0'.repeat(40)}\n\nCommit ${n}\n`);
    return { content, cms: world.openssl.sign(content, world.alice) };
  });
  const signed = repeat(made);
  const anchors = [readCertificate(world.root.der)];
  const at = Math.floor(Date.now() / 1000);
  const terms = { at, uses: [OID.emailProtection], isCompromised: () => false };
  const ours = () => {
    for (const { content, cms } of signed) {
      const proven = proveCms(parseCms(cms), content);
      if (proven === null || !isChain(findChain(proven.signer, proven.others, anchors, terms)))
        throw new Error('A good signature is refused.');
    }
  };
  const key = publicKeyOf(readCertificate(world.alice.der));
  const read = signed.map(({ cms }) => parseCms(cms));
  const raw = () => {
    for (const { signedAttributes, signature } of read)
      if (!verify('sha256', signedAttributes, key, signature)) throw new Error('A good signature is bad.');
  };
  const times = compareCpu(ROUNDS, signed.length, ours, raw);
  world.openssl.remove();
  return [
    {
      ...{ name: 'CMS P-256, against raw', ours: perSecond(times.ours) },
      ...{ peer: `raw crypto.verify ${perSecond(times.theirs)}`, ratio: times.ratio },
    },
    compareWithLimit('CMS P-256, against limit', times.ours, CMS_LIMIT),
  ];
}

const COMMITS = ['44ed33f7e317e29efa1f0188faa5d2a044fbef76', 'dc68e8ce155fe12ab8fd7c55de6ef336ce716ee8'];

/** Commits that gitsign signed, with the log's entry in them. */
async function benchGitsign(): Promise<BenchRow> {
  const trustedRoot = readFileSync(sharedData('signatures', 'gitsign', 'trusted_root.json'), 'utf8');
  const trust = { kind: 'sigstore', issuer: 'https://accounts.google.com', trustedRoot } as const;
  const signatory: Signatory = createSignatory([
    { format: 'x509', fingerprint: 'anybody', identity: '.*', isPattern: true, trust },
  ]);
  await loadSigstore([signatory]);
  const keyring = createKeyring([signatory]);
  const commits = repeat(COMMITS.map(readSigned));
  const ours = () => {
    for (const commit of commits)
      if ('outcome' in runChecks(proveSignature(commit, keyring))) throw new Error('A good commit is refused.');
  };
  const times = compareCpu(ROUNDS, commits.length, ours, () => {});
  return compareWithLimit('gitsign, offline', times.ours, GITSIGN_LIMIT);
}

function readSigned(oid: string): SignedPayload {
  const raw = readFileSync(sharedData('signatures', 'gitsign', `${oid}.commit`));
  const split = splitCommit(parseCommit(parseOid(oid), raw, DEFAULT_BRANCH_LIMITS));
  if ('outcome' in split) throw new Error(split.message);
  return split;
}

function repeat<T>(items: readonly T[]): readonly T[] {
  return Array.from({ length: REPEATS }, () => items).flat();
}

function compareWithLimit(name: string, microseconds: number, limit: number): BenchRow {
  const peer = `limit ${limit.toLocaleString('en')}/s`;
  return { name, ours: perSecond(microseconds), peer, ratio: 1e6 / microseconds / limit };
}
