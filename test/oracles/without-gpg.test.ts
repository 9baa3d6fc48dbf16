import { createHash } from 'node:crypto';
import * as openpgp from 'openpgp';
import { describe, expect, it } from 'vitest';
import { DEFAULT_BRANCH_LIMITS } from '../../shared/model/limits.ts';
import { createKeyring } from '../../shared/signatures/keyring.ts';
import { compileCertificates } from '../../shared/signatures/openpgp/compile-certificates.ts';
import { parseKeyPacket } from '../../shared/signatures/openpgp/parse-key-packet.ts';
import { judgeCommit } from '../../shared/trust/judge-commit.ts';
import { COMMITTED_AT, commitPayload, cutSignature, signedCommit } from '../support/commit-bytes.ts';
import { armorSignature, createForgingKey } from '../support/forge-openpgp.ts';
import { createSignatory } from '../support/signatories.ts';
import { oidOf } from '../support/small-history.ts';
import { outcomeOf } from '../support/verify-payload.ts';
import { armorVariants } from './armor-variants.ts';
import { payloadVariants } from './commit-variants.ts';
import { type DifferenceTable, type MendedVariant, mend } from './compare.ts';
import { packetVariants } from './packet-variants.ts';

/**
 * Where no oracle of git's runs: GnuPG 2.2 knows neither version 6 nor the algorithms 27 and 28 of RFC 9580. In its place
 * stand openpgp.js (an implementation of its own, also of the curves) and the examples of RFC 9580, appendix A. Signatures of
 * FIDO devices need none: ssh.test.ts has ssh-keygen judge them; only the hardware that makes them is missing, and software
 * that follows PROTOCOL.u2f stands in for it.
 */
const KINDS = [
  ['version 4, Ed25519', { type: 'curve25519', config: { v6Keys: false } }],
  ['version 4, Ed448', { type: 'curve448', config: { v6Keys: false } }],
  ['version 6, Ed25519', { type: 'curve25519', config: { v6Keys: true } }],
  ['version 6, Ed448', { type: 'curve448', config: { v6Keys: true } }],
  ['version 6, P-256', { type: 'ecc', curve: 'nistP256', config: { v6Keys: true } }],
  ['version 6, RSA-2048', { type: 'rsa', rsaBits: 2048, config: { v6Keys: true } }],
] as const;
const PAYLOAD = commitPayload();
const SIGNED_AT = new Date((COMMITTED_AT + 10) * 1000);
const LATER = COMMITTED_AT + 3_600;
/** Where Headlock is stricter than openpgp.js, and the trust rule that says so. */
const TABLE: DifferenceTable = {
  'armor: a NUL byte → malformed_commit': '1.2: no NUL byte anywhere',
  'armor: a foreign character → malformed_signature': '2.1: no foreign characters in the base64',
  'armor: spaces in the base64 → malformed_signature': '2.1: no foreign characters in the base64',
  'armor: a header without a colon → malformed_signature': '2.1: known armor headers alone',
  'armor: an unknown header → malformed_signature': '2.1: known armor headers alone',
  'armor: a long comment → malformed_signature': '4.7: bounds',
  'armor: a second block after it → malformed_signature': '2.1: exactly one block',
  'armor: a second, empty block after it → malformed_signature': '2.1: exactly one block',
  'armor: an empty line before it → malformed_signature': '2.1: the armor is the whole header',
  'armor: another end → malformed_signature': '2.1: the armor is the whole header',
  'armor: text after it → malformed_signature': '2.1: the armor is the whole header',
  'armor: text before it → malformed_signature': '2.1: the armor is the whole header',
  'packet: a number with a bit less counted → malformed_signature': '2.2: a malformed signature',
  'packet: a marker packet after it → malformed_signature': '2.1: exactly one signature packet',
  'packet: a marker packet before it → malformed_signature': '2.1: exactly one signature packet',
  'packet: a padding packet after it → malformed_signature': '2.1: exactly one signature packet',
  'packet: the signature twice → malformed_signature': '2.1: exactly one signature packet',
  'packet: an indeterminate length → malformed_signature': '2.1: exactly one signature packet',
  'packet: an empty subpacket unhashed → malformed_signature': '2.2: a malformed signature',
  'packet: an unknown critical subpacket unhashed → malformed_signature': '2.2: what is critical and unknown refuses',
};

/** What Headlock looks past by a trust rule, and openpgp.js does not: it is asked about the same signature without it. */
const MENDED = {
  'packet: another key id unhashed': '2.2: an unhashed issuer is a hint',
};

describe('OpenPGP signatures that gpg cannot judge, by Headlock and by openpgp.js', () => {
  it('differ only where a trust rule says so', async () => {
    const [stricter, laxer] = [new Map<string, number>(), new Map<string, number>()];
    let [compared, accepted] = [0, 0];
    const count = (counts: Map<string, number>, what: string) => counts.set(what, (counts.get(what) ?? 0) + 1);
    for (const [name, options] of KINDS) {
      const { privateKey, publicKey } = await openpgp.generateKey({
        ...options,
        userIDs: { name: 'Alice', email: 'alice@example.com' },
        date: new Date((COMMITTED_AT - 86_400) * 1000),
        format: 'object',
      });
      const { keys } = await compileCertificates(Buffer.from(publicKey.armor()));
      const keyring = createKeyring([createSignatory(keys)]);
      const terms = {
        keyTime: 'first-seen',
        matchEmail: false,
        limits: DEFAULT_BRANCH_LIMITS,
        firstSeen: LATER,
        judgedAt: LATER,
      } as const;
      for (const { what, raw, mended } of await variantsOf(privateKey)) {
        const ours = judgeCommit(oidOf('a'), raw, keyring, terms);
        const isAccepted = await openpgpJsAccepts(mended?.raw ?? raw, publicKey);
        compared += 1;
        if (ours.outcome === 'verified' && isAccepted) accepted += 1;
        if (ours.outcome === 'verified' && !isAccepted) count(laxer, `${what} (${name})`);
        if (ours.outcome === 'refused' && isAccepted) count(stricter, `${what} → ${ours.reason}`);
      }
    }
    const rows = [...stricter]
      .toSorted()
      .map(([what, times]) => `${String(times).padStart(6)}  ${what} (trust rule ${TABLE[what] ?? 'UNKNOWN'})`);
    console.log(
      [
        `OpenPGP without gpg: ${compared} commits compared, ${accepted} accepted by both, ${laxer.size} by Headlock alone`,
        ...rows,
      ].join('\n'),
    );
    expect([...laxer.keys()]).toEqual([]);
    expect([...stricter.keys()].toSorted()).toEqual(Object.keys(TABLE).toSorted());
  }, 600_000);
});

async function variantsOf(privateKey: openpgp.PrivateKey): Promise<readonly MendedVariant[]> {
  const sign = async (payload: Buffer, seconds: number) => {
    const message = await openpgp.createMessage({ binary: payload });
    const date = new Date(SIGNED_AT.getTime() + seconds * 1000);
    return Buffer.from(await openpgp.sign({ message, signingKeys: privateKey, detached: true, date }));
  };
  const armor = await sign(PAYLOAD, 0);
  const other = await sign(commitPayload({ message: 'Another message\n' }), 10);
  const variants = [
    { what: 'as openpgp.js writes it', raw: signedCommit(PAYLOAD, armor) },
    ...payloadVariants(PAYLOAD, armor),
    ...armorVariants(PAYLOAD, armor, 'PGP SIGNATURE'),
    ...packetVariants(PAYLOAD, armor, other),
  ];
  return mend(variants, signedCommit(PAYLOAD, armor), MENDED);
}

async function openpgpJsAccepts(raw: Buffer, key: openpgp.PublicKey): Promise<boolean> {
  const cut = cutSignature(raw);
  if (cut === null) return false;
  try {
    const signature = await openpgp.readSignature({ armoredSignature: cut.armor.toString('latin1') });
    const message = await openpgp.createMessage({ binary: cut.payload });
    const date = new Date(LATER * 1000);
    const { signatures } = await openpgp.verify({ message, signature, verificationKeys: key, date });
    await Promise.all(signatures.map(({ verified }) => verified));
    return signatures.length > 0;
  } catch {
    return false;
  }
}

describe('the examples of RFC 9580, appendix A', () => {
  it('verify: an Ed25519Legacy key (A.1) and its signature over “OpenPGP” (A.2)', () => {
    const body = Buffer.from(
      '0453f35f0b16092b06010401da470f010107403f098994bdd916ed4053197934e4a87c80733a1280d62f8010992e43ee3b2406',
      'hex',
    );
    const packet = Buffer.from(
      '885e040016080006050255f95f95000a09108cfde12197965a9af622' +
        '00ff56f90cca98e2102637bd983fdb16c131dfd27ed82bf4dde5606e0d756aed3366' +
        '0100d09c4fa11527f038e0f57f2201d82f2ea2c9033265fa6ceb489e854bae61b404',
      'hex',
    );
    const hashed = Buffer.concat([Buffer.of(0x99, 0, body.length), body]);
    const fingerprint = createHash('sha1').update(hashed).digest('hex');
    const { bits, spki } = parseKeyPacket(body, 4);
    const { record } = createForgingKey('ed25519Legacy', {
      ...{ fingerprint, keyId: fingerprint.slice(-16), primaryFingerprint: fingerprint, bits },
      ...{ created: body.readUInt32BE(1), spki: spki?.toString('base64') ?? null },
    });
    expect(fingerprint).toBe('c959bdbafa32a2f89a153b678cfde12197965a9a');
    const signature = armorSignature(packet);
    expect(outcomeOf({ payload: 'OpenPGP', signature, keys: [record] })).toBe('verified');
    expect(outcomeOf({ payload: 'OpenPGP!', signature, keys: [record] })).toBe('invalid');
  });
});
