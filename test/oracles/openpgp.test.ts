import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMITTED_AT, commitPayload, signedCommit } from '../support/commit-bytes.ts';
import { createCertificateKey, keyPacket, selfSignature, userIdPacket } from '../support/forge-certificate.ts';
import { creationTime, forgePacket } from '../support/forge-openpgp.ts';
import { createGitOracle, type GitOracle } from '../support/git-oracle.ts';
import { armorWithChecksum } from '../support/openpgp-packets.ts';
import { armorVariants } from './armor-variants.ts';
import { headerVariants, payloadVariants, signableForms, type Variant } from './commit-variants.ts';
import {
  compare,
  type DifferenceTable,
  formatComparison,
  type MendedVariant,
  mend,
  type Scene,
  type Specimen,
} from './compare.ts';
import { craftedVariants } from './crafted-variants.ts';
import { createOpenPgpRing, type OpenPgpRing, type OracleKey, shareCertificate } from './openpgp-keys.ts';
import { packetVariants } from './packet-variants.ts';

const PAYLOAD = commitPayload();

/** What gpg lets pass as critical, though it says nothing of a signature over data, in either area. */
function criticalRows(types: readonly number[]): DifferenceTable {
  const rule = '2.2: what is critical and not understood refuses';
  const rows = types.flatMap((type) =>
    ['', ', unhashed'].map((area) => `crafted: critical subpacket ${type}${area} → malformed_signature`),
  );
  return Object.fromEntries(rows.map((row) => [row, rule]));
}

/** Where Headlock is stricter than gpg, and the trust rule that says so. */
const TABLE: DifferenceTable = {
  'armor: a NUL byte → malformed_commit': '1.2: no NUL byte anywhere',
  'armor: a foreign character within → malformed_signature': '2.1: no foreign characters in the base64',
  'armor: a foreign character → malformed_signature': '2.1: no foreign characters in the base64',
  'armor: a long comment → malformed_signature': '4.7: bounds',
  'armor: a second, empty block after it → malformed_signature': '2.1: nothing after the block but white space',
  'armor: an unknown header → malformed_signature': '2.1: known armor headers alone',
  'armor: another end → malformed_signature': '2.1: the armor is the whole header',
  'armor: no empty line after the headers → malformed_signature': '2.1: the armor is the whole header',
  'armor: no end → malformed_signature': '2.1: the armor is the whole header',
  'armor: spaces in the base64 → malformed_signature': '2.1: no foreign characters in the base64',
  'armor: text after it → malformed_signature': '2.1: nothing after the block but white space',
  'armor: the label PGP MESSAGE → unknown_signature_type': '2.1: no PGP MESSAGE',
  'crafted: a fingerprint of version 6 → malformed_signature': '2.2: the full fingerprint in the hashed area',
  'crafted: a fingerprint that is cut → malformed_signature': '2.2: the full fingerprint in the hashed area',
  'crafted: a notation that is cut → malformed_signature': '2.2: a malformed signature',
  'crafted: a notation that is short → malformed_signature': '2.2: a malformed signature',
  'crafted: a notation with more behind it → malformed_signature': '2.2: a malformed signature',
  'crafted: an end of three bytes → malformed_signature': '2.2: a malformed signature',
  'crafted: by a stranger’s fingerprint → unknown_key': '2.2: the full fingerprint in the hashed area',
  'crafted: digest RIPEMD-160 → weak_algorithm': '2.5: weak digests',
  'crafted: digest SHA-1 → weak_algorithm': '2.5: weak digests',
  'crafted: digest SHA-224 → weak_algorithm': '2.2: digests of 256 bits and more',
  'crafted: the second number plus the order → invalid': '2.2: EdDSA as RFC 8032 verifies it',
  'crafted: two creation times → malformed_signature': '2.2: one hashed creation time',
  'crafted: two ends → malformed_signature': '2.2: a malformed signature',
  'crafted: two fingerprints → malformed_signature': '2.2: the full fingerprint in the hashed area',
  'digest: RIPEMD160 → weak_algorithm': '2.5: weak digests',
  'digest: SHA1 → weak_algorithm': '2.5: weak digests',
  'digest: SHA224 → weak_algorithm': '2.2: digests of 256 bits and more',
  'form: a CR in the author line → malformed_commit': '1.2: read strictly',
  'form: a NUL byte in the message → malformed_commit': '1.2: read strictly',
  'form: a committer date with a leading zero → malformed_commit': '1.2: read strictly',
  'form: a header without a value → malformed_commit': '1.2: read strictly',
  'form: a parent after the author → malformed_commit': '1.2: read strictly',
  'form: an author without an email → malformed_commit': '1.2: read strictly',
  'form: two author lines → malformed_commit': '1.2: read strictly',
  'form: two tree lines → malformed_commit': '1.2: read strictly',
  'header: an empty gpgsig last → malformed_commit': '1.3: one signature header',
  'header: before author → malformed_commit': '1.2: read strictly',
  'header: before committer → malformed_commit': '1.2: read strictly',
  'header: continuation lines with two spaces → malformed_signature': '2.1: no foreign characters in the base64',
  'header: gpgsig-sha256 beside the signature → malformed_commit': '1.3: one signature header',
  'header: gpgsig-x beside the signature → malformed_commit': '1.3: one signature header',
  'header: gpgsigX behind the signature → malformed_commit': '1.3: one signature header',
  'key: dsa2048 → weak_algorithm': '2.5: weak keys',
  'key: rsa1024 → weak_algorithm': '2.5: weak keys',
  'key: secp256k1 → unknown_signature_type': '2.2: RSA, NIST and Brainpool curves, EdDSA',
  'option: text mode → malformed_signature': '2.2: type 0x00 only',
  'packet: a byte after it → malformed_signature': '2.1: exactly one signature packet',
  'packet: a byte after the numbers → malformed_signature': '2.2: a malformed signature',
  'packet: a length that is one too long → malformed_signature': '2.1: exactly one signature packet',
  'packet: a marker packet after it → malformed_signature': '2.1: exactly one signature packet',
  'packet: a marker packet before it → malformed_signature': '2.1: exactly one signature packet',
  'packet: a number with a bit less counted → malformed_signature': '2.2: a malformed signature',
  'packet: a number with a leading zero → malformed_signature': '2.2: a malformed signature',
  'packet: a padding packet after it → malformed_signature': '2.1: exactly one signature packet',
  'packet: wrong first 16 bits → malformed_signature': '2.2: the left 16 bits',
  ...criticalRows([4, 5, 6, 7, 9, 11, 12, 21, 22, 24, 25, 27, 29, 30, 32]),
};

/** Keys of which one signature says all: Headlock accepts none. */
const WEAK = new Set(['rsa1024', 'dsa2048', 'secp256k1']);
/** What Headlock looks past by a trust rule, and gpg does not: git is asked about the same signature without it. */
const MENDED = {
  'armor: a wrong checksum': '2.1: a wrong checksum is ignored',
  'armor: no checksum': '2.1: a checksum says nothing, as in RFC 9580',
  'crafted: by an unhashed fingerprint alone': '2.2: an unhashed issuer is a hint (gpg looks for a key id there)',
};
const DIGESTS = ['SHA1', 'RIPEMD160', 'SHA224', 'SHA256', 'SHA384', 'SHA512'];
const OPTIONS: readonly (readonly [what: string, args: readonly string[]])[] = [
  ['text mode', ['--textmode']],
  ['a comment', ['--comment', 'hello']],
  ['a version', ['--emit-version']],
  ['a notation', ['--sig-notation', 'a@example.com=b']],
  ['a critical notation', ['--sig-notation', '!a@example.com=b']],
  ['a policy URL', ['--sig-policy-url', 'https://example.com']],
  ['a critical policy URL', ['--sig-policy-url', '!https://example.com']],
  ['a keyserver URL', ['--sig-keyserver-url', 'https://example.com']],
  ['an end of its own, later', ['--default-sig-expire', '2y']],
];

describe('OpenPGP signatures, by Headlock and by git with gpg', () => {
  let ring: OpenPgpRing;
  let oracle: GitOracle;
  beforeAll(async () => {
    [ring, oracle] = await Promise.all([createOpenPgpRing(), createGitOracle()]);
  }, 180_000); // gpg takes its time to find the primes of RSA-4096.
  afterAll(() => Promise.all([ring.cleanup(), oracle.remove()]));

  it('differ only where a trust rule says so', async () => {
    const [forged, stranger] = [createCertificateKey(), createCertificateKey()];
    const user = 'Forged <forged@example.com>';
    const certificate = Buffer.concat([keyPacket(forged), userIdPacket(user), selfSignature(forged, user)]);
    const owners = await shareCertificate([certificate], 'Forged', ring.publicHome);
    const withKeyId = signedCommit(
      PAYLOAD,
      armorWithChecksum(forgePacket(forged, PAYLOAD, { hashed: [creationTime(COMMITTED_AT + 10)] })),
    );
    const scene: Scene = {
      signatories: [...ring.signatories, ...owners],
      trust: { kind: 'gpg', home: ring.publicHome.path, at: COMMITTED_AT + 3_600 },
      firstSeen: COMMITTED_AT + 3_600,
    };
    const specimens: Specimen[] = [];
    const add = (by: string, variants: readonly MendedVariant[]) =>
      specimens.push(...variants.map((variant) => ({ ...variant, by, scene })));
    for (const key of ring.keys) {
      if (!WEAK.has(key.name)) add(key.name, [...(await allVariants(key)), ...(await digests(key))]);
      else add(key.name, [{ what: `key: ${key.name}`, raw: signedCommit(PAYLOAD, await key.sign(PAYLOAD)) }]);
    }
    for (const name of ['ed25519', 'rsa2048', 'nistp256']) add(name, await forms(ring.keyOf(name)));
    for (const name of ['ed25519', 'rsa2048', 'nistp256 under rsa2048']) add(name, await options(ring.keyOf(name)));
    add('a forged key', mend(craftedVariants(forged, stranger, PAYLOAD), withKeyId, MENDED));
    add('nobody', [{ what: 'unsigned', raw: PAYLOAD }]);
    const comparison = await compare(oracle, specimens);
    console.log(formatComparison('OpenPGP', comparison, TABLE));
    expect(comparison.laxer).toEqual([]);
    expect([...comparison.mended.keys()].toSorted()).toEqual(Object.values(MENDED).toSorted());
    expect(comparison.otherKeys).toEqual([]);
    expect([...comparison.stricter.keys()].toSorted()).toEqual(Object.keys(TABLE).toSorted());
  }, 600_000);

  it('are the same in a SHA-256 repository', async () => {
    const scene: Scene = {
      signatories: ring.signatories,
      trust: { kind: 'gpg', home: ring.publicHome.path, at: COMMITTED_AT + 3_600 },
      firstSeen: COMMITTED_AT + 3_600,
    };
    const payload = commitPayload({}, 'sha256');
    const specimens: Specimen[] = [];
    for (const key of ring.keys.filter(({ name }) => !WEAK.has(name))) {
      const armor = await key.sign(payload);
      const variants = [
        { what: 'as git writes it', raw: signedCommit(payload, armor, 'gpgsig-sha256') },
        { what: 'header: the signature of the other object format', raw: signedCommit(payload, armor) },
        {
          what: 'payload: another commit',
          raw: signedCommit(commitPayload({ message: '' }, 'sha256'), armor, 'gpgsig-sha256'),
        },
      ];
      specimens.push(...variants.map((variant) => ({ ...variant, by: key.name, scene })));
    }
    const oracle256 = await createGitOracle('sha256');
    try {
      const comparison = await compare(oracle256, specimens, 'sha256');
      console.log(formatComparison('OpenPGP in SHA-256 repositories', comparison, {}));
      expect(comparison).toMatchObject({ compared: 42, bothAccept: 14, bothRefuse: 28, laxer: [], otherKeys: [] });
    } finally {
      await oracle256.remove();
    }
  }, 600_000);
});

async function allVariants(key: OracleKey): Promise<readonly MendedVariant[]> {
  const armor = await key.sign(PAYLOAD);
  const other = await key.sign(commitPayload({ message: 'Another message\n' }), [], COMMITTED_AT + 20);
  return [
    { what: 'as git writes it', raw: signedCommit(PAYLOAD, armor) },
    { what: 'payload: the signature of another commit', raw: signedCommit(PAYLOAD, other) },
    ...payloadVariants(PAYLOAD, armor),
    ...headerVariants(PAYLOAD, armor),
    ...mend(armorVariants(PAYLOAD, armor, 'PGP SIGNATURE'), signedCommit(PAYLOAD, armor), MENDED),
    ...packetVariants(PAYLOAD, armor, other),
  ];
}

async function forms(key: OracleKey): Promise<readonly Variant[]> {
  const made: Variant[] = [];
  for (const { what, payload, isOdd } of signableForms()) {
    made.push({ what, raw: signedCommit(payload, await key.sign(payload)), ...(isOdd && { isOdd }) });
  }
  return made;
}

async function digests(key: OracleKey): Promise<readonly Variant[]> {
  const made: Variant[] = [];
  for (const digest of DIGESTS) {
    const armor = await key.sign(PAYLOAD, ['--digest-algo', digest]).catch(() => null);
    if (armor === null) continue;
    made.push({ what: `digest: ${digest}`, raw: signedCommit(PAYLOAD, armor) });
  }
  return made;
}

async function options(key: OracleKey): Promise<readonly Variant[]> {
  const made: Variant[] = [];
  for (const [what, args] of OPTIONS) {
    made.push({ what: `option: ${what}`, raw: signedCommit(PAYLOAD, await key.sign(PAYLOAD, args)) });
  }
  return made;
}
