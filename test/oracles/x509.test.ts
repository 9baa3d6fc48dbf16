import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commitPayload, signedCommit } from '../support/commit-bytes.ts';
import { createGitOracle, type GitOracle } from '../support/git-oracle.ts';
import { createGpgsmHome } from '../support/gpgsm-home.ts';
import { acceptsByPkijs } from '../support/pkijs-oracle.ts';
import { SEED } from '../support/seed.ts';
import type { GpgHome } from '../support/signing.ts';
import { armorCms, createX509World, type X509World } from '../support/x509-signing.ts';
import { type Comparison, compare, type DifferenceTable, formatComparison, type Scene } from './compare.ts';
import { mutateX509, type X509Variant, x509Variants } from './x509-variants.ts';

const PAYLOAD = commitPayload();
const MUTANTS = 300;

/** Where Headlock is stricter than gpgsm and than pkijs, and the trust rule that says so. */
const BOTH: DifferenceTable = {
  'chain: names constrained → not_signing_key': '2.4: name constraints refused',
  'chain: over an authority for code → not_signing_key': '2.4: one use for the whole chain',
  'chain: over an authority for servers → not_signing_key': '2.4: the use of every certificate',
  'chain: over an authority of RSA-1024 → weak_algorithm': '2.5: weak keys',
  'chain: over an authority of SHA-1 → weak_algorithm': '2.5: weak digests',
  'chain: over four → not_signing_key': '2.4: a chain of four links at most',
  'chain: signed by SHA-1 → weak_algorithm': '2.5: weak digests',
  'changed: another version → malformed_signature': '2.4: read strictly',
  'digest: sha1 with P-256 → weak_algorithm': '2.5: weak digests',
  'digest: sha1 with RSA → weak_algorithm': '2.5: weak digests',
  'form: another type of content → malformed_signature': '2.4: detached, over data',
  'form: no signed attributes → malformed_signature': '2.4: signed attributes',
  'key: RSA-1024 → weak_algorithm': '2.5: weak keys',
  'use: key encipherment → not_signing_key': '2.4: the use of every certificate',
  'use: no extended key usage → not_signing_key': '2.4: the use of every certificate',
  'use: servers alone → not_signing_key': '2.4: the use of every certificate',
  'use: servers alone, critical → not_signing_key': '2.4: the use of every certificate',
  'use: the flag of an authority → not_signing_key': '2.4: a signer is no authority',
  'use: time stamps alone → not_signing_key': '2.4: the use of every certificate',
};
const GPGSM: DifferenceTable = {
  ...BOTH,
  // Other signatures brought these along before, and gpgsm keeps what it has seen.
  'changed: no certificates → malformed_signature': '2.4: the certificates that come along',
  'form: no certificates → malformed_signature': '2.4: the certificates that come along',
  'digest: md5 with RSA → weak_algorithm': '2.5: weak digests',
  'digest: sha224 with P-256 → weak_algorithm': '2.5: digests of 256 bits and more',
  'digest: sha224 with RSA → weak_algorithm': '2.5: digests of 256 bits and more',
  'key: P-224 → weak_algorithm': '2.5: weak keys',
  'key: secp256k1 → weak_algorithm': '2.5: NIST and Brainpool curves',
};
const PKIJS: DifferenceTable = {
  ...BOTH,
  'RSA-PSS → malformed_signature': '2.4: RSA as PKCS #1 version 1.5 pads it',
  'chain: longer than it may be → not_signing_key': '2.4: the path length',
  'changed: no digests listed → malformed_signature': '2.4: read strictly',
  'changed: the signer twice → malformed_signature': '2.4: one signer',
  'form: an indefinite length → malformed_signature': '2.4: definite lengths',
  'form: its content inside → malformed_signature': '2.4: detached',
  'use: an unknown critical extension → not_signing_key': '2.4: critical extensions are understood',
};
const MUTATED: DifferenceTable = { 'a bit changed': '2.4: what nobody signed is read strictly too' };

/** What these programs cannot do, whatever the signature. openssl is asked in their place. */
const BEYOND_GPGSM = [
  'key: P-521',
  'form: by key identifier',
  // A digest shorter than the curve: gpgsm says that the signature is good, and ends with a complaint.
  'digest: sha256 with P-384',
  'chain: over an authority of P-384 by SHA-256',
];
const BEYOND_PKIJS = ['key: brainpoolP256r1', 'key: brainpoolP384r1'];

describe('X.509 signatures', () => {
  let world: X509World;
  let variants: readonly X509Variant[];
  let oracle: GitOracle;
  let home: GpgHome;
  beforeAll(async () => {
    world = createX509World();
    [oracle, home] = await Promise.all([createGitOracle(), createGpgsmHome([world.root])]);
    variants = x509Variants(world, PAYLOAD.toString());
  });
  afterAll(async () => {
    world.openssl.remove();
    await Promise.all([oracle.remove(), home.cleanup()]);
  });

  async function compareWithGpgsm(compared: readonly X509Variant[]): Promise<Comparison> {
    const scene: Scene = {
      signatories: [world.signatory()],
      trust: { kind: 'gpgsm', home: home.path },
      firstSeen: Math.floor(Date.now() / 1000) + 3600,
    };
    const specimens = compared.map(({ what, cms }) => ({
      ...{ what, by: 'openssl', scene },
      raw: signedCommit(PAYLOAD, Buffer.from(armorCms(cms))),
    }));
    return compare(oracle, specimens);
  }

  const without = (names: readonly string[]) => variants.filter(({ what }) => !names.includes(what));

  it('are judged by Headlock and by git with gpgsm alike, but where a trust rule says so', async () => {
    const comparison = await compareWithGpgsm(without(BEYOND_GPGSM));
    console.log(formatComparison('X.509 and gpgsm', comparison, GPGSM));
    expect(comparison.laxer).toEqual([]);
    expect([...comparison.stricter.keys()].toSorted()).toEqual(Object.keys(GPGSM).toSorted());
    expect(comparison.bothAccept).toBeGreaterThan(20);
  });

  it('are judged by Headlock and by pkijs alike, but where a trust rule says so', async () => {
    const compared = without(BEYOND_PKIJS);
    const found = { bothAccept: 0, bothRefuse: 0, laxer: [] as string[], stricter: new Map<string, number>() };
    for (const { what, cms } of compared) {
      const ours = world.judge(PAYLOAD.toString(), cms);
      const isGood = await acceptsByPkijs(PAYLOAD, cms, world.root);
      if (ours !== 'verified' && isGood) found.stricter.set(`${what} → ${ours}`, 1);
      else if (isGood) found.bothAccept += 1;
      else if (ours === 'verified') found.laxer.push(what);
      else found.bothRefuse += 1;
    }
    const comparison = { compared: compared.length, mended: new Map(), otherKeys: [], ...found };
    console.log(formatComparison('X.509 and pkijs', comparison, PKIJS));
    expect(found.laxer).toEqual([]);
    expect([...found.stricter.keys()].toSorted()).toEqual(Object.keys(PKIJS).toSorted());
    expect(found.bothAccept).toBeGreaterThan(20);
  });

  it('of which one of these knows too little are accepted by openssl', () => {
    const names = [...BEYOND_GPGSM, ...BEYOND_PKIJS];
    const accepted = variants.filter(
      ({ what, cms }) => names.includes(what) && world.openssl.accepts(PAYLOAD, cms, world.root),
    );
    expect(accepted.map(({ what }) => what).toSorted()).toEqual(names.toSorted());
  });

  it('with a bit changed are never accepted by Headlock alone', async () => {
    const originals = variants.filter(({ what }) => ['key: RSA-2048', 'key: P-256'].includes(what));
    const comparison = await compareWithGpgsm(mutateX509(originals, SEED, MUTANTS));
    const refused = [...comparison.stricter.values()].reduce((sum, count) => sum + count, 0);
    const stricter = new Map([['a bit changed', refused]]);
    console.log(formatComparison('X.509 mutants and gpgsm', { ...comparison, stricter }, MUTATED));
    expect(comparison).toMatchObject({ compared: MUTANTS, laxer: [] });
    expect(comparison.bothRefuse).toBeGreaterThan(50);
  });
});
