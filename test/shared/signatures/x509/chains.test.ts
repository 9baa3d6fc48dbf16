import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCompromiseCheck } from '../../../../shared/signatures/compromise-check.ts';
import { isSignedBy } from '../../../../shared/signatures/x509/find-chain.ts';
import { OID } from '../../../../shared/signatures/x509/oids.ts';
import { parseCertificate, type X509Certificate } from '../../../../shared/signatures/x509/parse-certificate.ts';
import { parseCms } from '../../../../shared/signatures/x509/parse-cms.ts';
import { addUnsigned, changeSignedData, changeSigners, der } from '../../../support/cms-writer.ts';
import { AUTHORITY, EMAIL_SIGNER, type Issued, STAMPER } from '../../../support/openssl-authority.ts';
import { verifyPayload } from '../../../support/verify-payload.ts';
import { armorCms, base64Of, createX509World, type X509World } from '../../../support/x509-signing.ts';

const TEXT = 'tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\nA message\n';
const GOOD = ['verified', true];

let world: X509World;
beforeAll(() => {
  world = createX509World();
});
afterAll(() => world.openssl.remove());

/** What Headlock says of a signature by this signer with these certificates, and whether openssl accepts it. */
function judge(signer: Issued, others: readonly Issued[] = [], anchor: Issued = world.root) {
  const cms = world.sign(TEXT, signer, others);
  const trust = {
    kind: 'authority',
    certificates: [base64Of(anchor)],
    timestampAuthorities: [base64Of(world.root)],
  } as const;
  return [world.judge(TEXT, cms, { trust }), world.openssl.accepts(Buffer.from(TEXT), cms, anchor)];
}

const issue = (name: string, extensions: readonly string[], issuer?: Issued, more: object = {}) =>
  world.openssl.issue({ name, extensions, ...more }, issuer);
const signer = (issuer: Issued, more: object = {}, extensions = EMAIL_SIGNER) =>
  issue('Alice', extensions, issuer, more);

describe('a chain to an authority that the policy names (trust rule 2.4)', () => {
  it('counts of one link, and over others that come along', () => {
    const middle = issue('Middle', AUTHORITY, world.root);
    const low = issue('Low', AUTHORITY, middle);
    expect(judge(world.alice)).toEqual(GOOD);
    expect(judge(signer(low), [middle, low])).toEqual(GOOD);
    expect(judge(signer(low), [low])).toEqual(['not_signing_key', false]);
  });

  it.each([
    ['RSA', ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048']],
    ['P-384', ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384']],
  ])('counts with a key of %s', (_, key) => {
    expect(judge(signer(world.root, { key }))).toEqual(GOOD);
  });

  it('counts for code signing as for e-mail, and for no other use', () => {
    const withUse = (use: string) => [
      'keyUsage=critical,digitalSignature',
      ...use.split(';'),
      'subjectAltName=email:alice@example.com',
    ];
    expect(judge(signer(world.root, {}, withUse('extendedKeyUsage=codeSigning')))[0]).toBe('verified');
    expect(judge(signer(world.root, {}, withUse('extendedKeyUsage=serverAuth')))).toEqual(['not_signing_key', false]);
    expect(judge(signer(world.root, {}, ['subjectAltName=email:alice@example.com']))[0]).toBe('not_signing_key');
    const wrong = ['keyUsage=critical,keyEncipherment', ...EMAIL_SIGNER.slice(1)];
    expect(judge(signer(world.root, {}, wrong))).toEqual(['not_signing_key', false]);
  });

  it('keeps to the path length, the use and the flag of every authority', () => {
    const short = issue('Short', [`${AUTHORITY[0]},pathlen:0`, String(AUTHORITY[1])], world.root);
    const below = issue('Below', AUTHORITY, short);
    expect(judge(signer(short), [short])).toEqual(GOOD);
    expect(judge(signer(below), [short, below])).toEqual(['not_signing_key', false]);
    const leaf = issue('Leaf', EMAIL_SIGNER, world.root);
    expect(judge(signer(leaf), [leaf])).toEqual(['not_signing_key', false]);
    const mute = issue('Mute', [String(AUTHORITY[0]), 'keyUsage=critical,cRLSign'], world.root);
    expect(judge(signer(mute), [mute])).toEqual(['not_signing_key', false]);
    const servers = issue('Servers', [...AUTHORITY, 'extendedKeyUsage=serverAuth'], world.root);
    expect(judge(signer(servers), [servers])).toEqual(['not_signing_key', false]);
  });

  it('is for one use from end to end', () => {
    const uses = (name: string, ...extended: readonly string[]) =>
      issue(name, [...AUTHORITY, `extendedKeyUsage=${extended.join()}`], world.root);
    const code = uses('Code', 'codeSigning');
    // Each allows a use that counts, and together they allow none.
    expect(judge(signer(code), [code])).toEqual(['not_signing_key', false]);
    const both = uses('Both', 'codeSigning', 'emailProtection');
    expect(judge(signer(both), [both])).toEqual(GOOD);
    const below = issue('Below', AUTHORITY, code);
    expect(judge(signer(below), [code, below])).toEqual(['not_signing_key', false]);
  });

  it('names a mailbox as a mailbox and a URI as a URI', () => {
    const named = (name: string) => signer(world.root, {}, [...EMAIL_SIGNER.slice(0, 2), `subjectAltName=${name}`]);
    const by = (name: string, identity: string, isPattern = false) =>
      world.judge(TEXT, world.sign(TEXT, named(name)), { identity, isPattern });
    expect(by('URI:https://example.com/bot', 'https://example.com/bot')).toBe('verified');
    expect(by('email:https://example.com/bot', 'https://example.com/bot')).toBe('unknown_key');
    expect(by('URI:alice@example.com', 'alice@example.com')).toBe('unknown_key');
    expect(by('URI:alice@example.com', '.*@example[.]com', true)).toBe('unknown_key');
    expect(by('DNS:alice@example.com', 'alice@example.com')).toBe('unknown_key');
    expect(by('email:mallory@example.com,email:alice@example.com', 'alice@example.com')).toBe('verified');
  });

  it('refuses constraints on names, and what is critical and unknown', () => {
    const constrained = issue('Constrained', [...AUTHORITY, 'nameConstraints=permitted;email:example.com'], world.root);
    // openssl judges the constraint; Headlock does not.
    expect(judge(signer(constrained), [constrained])).toEqual(['not_signing_key', true]);
    const unknown = signer(world.root, {}, [...EMAIL_SIGNER, '1.2.3.4=critical,DER:0500']);
    expect(judge(unknown)).toEqual(['not_signing_key', false]);
  });

  it('counts at the time that the stamp proves, every certificate of it', () => {
    const past = { from: '20200101000000Z', until: '20210101000000Z' };
    expect(judge(signer(world.root, past))).toEqual(['expired_key', false]);
    expect(judge(signer(world.root, { from: '20390101000000Z' }))).toEqual(['expired_key', false]);
    const old = issue('Old', AUTHORITY, world.root, past);
    expect(judge(signer(old), [old])).toEqual(['expired_key', false]);
    const ended = issue('Ended', AUTHORITY, undefined, past);
    expect(judge(signer(ended), [], ended)).toEqual(['expired_key', false]);
  });

  it('refuses another authority of the same name, and a signer that is one itself', () => {
    const twin = issue('Root', AUTHORITY);
    expect(judge(world.alice, [], twin)).toEqual(['not_signing_key', false]);
    expect(judge(signer(world.root, {}, [...AUTHORITY.slice(0, 1), ...EMAIL_SIGNER]))[0]).toBe('not_signing_key');
  });

  it('rests on every authority in between and on those of its stamp (trust rule 3.3)', () => {
    const middle = issue('Middle', AUTHORITY, world.root);
    const cms = world.sign(TEXT, signer(middle), [middle]);
    const check = (...compromisedKeys: readonly string[]) =>
      verifyPayload({ payload: TEXT, signature: armorCms(cms), signatories: [world.signatory()], compromisedKeys });
    const found = check();
    if (found.outcome !== 'verified') throw new Error(found.message);
    const keys = [found.fingerprint, String(found.certifiedBy), ...(found.others ?? [])];
    expect(new Set(keys).size).toBe(4); // The signer, Middle, Root and the stamper, whose authority is Root too.
    for (const key of keys) {
      expect(check(key)).toMatchObject({ outcome: 'refused' });
      expect(createCompromiseCheck([], [key])?.(found)).toBe(true);
    }
  });

  it('is found past another authority of the same name with a key of another kind', () => {
    const key = ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'];
    const former = issue('Root', AUTHORITY, undefined, { key });
    const certificates = [base64Of(former), base64Of(world.root)];
    const trust = { kind: 'authority', certificates, timestampAuthorities: certificates } as const;
    expect(world.judge(TEXT, world.sign(TEXT), { trust })).toBe('verified');
  });

  it('takes no key that the other formats refuse (trust rule 2.5)', () => {
    const curve = (name: string) => ['-algorithm', 'EC', '-pkeyopt', `ec_paramgen_curve:${name}`];
    expect(judge(signer(world.root, { key: curve('secp160r1') }))[0]).toBe('weak_algorithm');
    const explicit = [...curve('P-256'), '-pkeyopt', 'ec_param_enc:explicit'];
    expect(judge(signer(world.root, { key: explicit }))).toEqual(['malformed_signature', false]);
    const exponent = ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048', '-pkeyopt', 'rsa_keygen_pubexp:3'];
    expect(judge(signer(world.root, { key: exponent }))[0]).toBe('verified');
  });

  it('is that of the certificate that the signature names, where it names one', () => {
    const bot = [
      'keyUsage=critical,digitalSignature',
      'extendedKeyUsage=emailProtection',
      'subjectAltName=email:bot@example.com',
    ];
    const other = world.openssl.reissue({ name: 'Bot', extensions: bot }, world.alice, world.root);
    const swap = (cms: Buffer) =>
      changeSigners(
        changeSignedData(cms, (elements) =>
          elements.map(({ tag, whole }) => (tag === 0xa0 ? der(0xa0, other.der) : whole)),
        ),
        ([one = []]) => [[one[0], signerIdOf(other.der), ...one.slice(2)] as Buffer[]],
      );
    const by = (cms: Buffer, identity: string) => world.judge(TEXT, world.stamp(cms), { identity });
    const named = world.openssl.sign(Buffer.from(TEXT), world.alice, [], ['-cades']);
    expect(by(named, 'alice@example.com')).toBe('verified');
    expect(by(swap(named), 'bot@example.com')).toBe('malformed_signature');
  });

  it('is found past certificates of other kinds that come along, and not over them', () => {
    const key = ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'];
    const padded = issue('Padded', AUTHORITY, undefined, { key, padding: 'pss' });
    expect(judge(world.alice, [padded])).toEqual(GOOD);
    expect(judge(signer(padded), [padded])).toEqual(['not_signing_key', false]);
    expect(judge(signer(padded, { padding: 'pss' }))).toEqual(['malformed_signature', false]);
    const old = issue('Old', AUTHORITY);
    const first = Buffer.from(world.sign(TEXT, world.alice, [old]));
    first.writeUInt8(0, first.indexOf(old.der) + old.der.indexOf(Buffer.of(0xa0, 3, 2, 1, 2)) + 4);
    expect([world.judge(TEXT, first), world.openssl.accepts(Buffer.from(TEXT), first, world.root)]).toEqual(GOOD);
  });

  it('is told from one to an authority of the same name, however often it is asked', () => {
    const other = issue('Root', AUTHORITY);
    const [alice, root, twin] = [world.alice, world.root, other].map(({ der }) => parseCertificate(der)) as [
      X509Certificate,
      X509Certificate,
      X509Certificate,
    ];
    const ask = () => [isSignedBy(alice, twin), isSignedBy(alice, root)];
    expect([ask(), ask()]).toEqual([
      [false, true],
      [false, true],
    ]);
  });

  it('is not searched for in a maze of certificates that sign each other', () => {
    const maze = issue('Maze', AUTHORITY);
    const cms = world.sign(TEXT, signer(maze), [maze]);
    const crowded = changeSignedData(cms, (elements) =>
      elements.map(({ tag, whole, content }) => {
        if (tag !== 0xa0) return whole;
        const others = Array.from({ length: 8 }, () =>
          world.openssl.reissue({ name: 'Maze', extensions: AUTHORITY }, maze, maze),
        );
        return der(0xa0, content, ...others.map((other) => other.der));
      }),
    );
    const signatories = [world.signatory()];
    const judged = verifyPayload({ payload: TEXT, signature: armorCms(crowded), signatories });
    expect(judged).toMatchObject({ reason: 'not_signing_key', message: expect.stringContaining('a maze') });
  });

  it('refuses weak keys and digests (trust rule 2.5)', () => {
    const key = ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:1024'];
    expect(judge(signer(world.root, { key }))[0]).toBe('weak_algorithm');
    expect(judge(signer(world.root, { digest: 'sha1' }))[0]).toBe('weak_algorithm');
  });
});

describe('a time stamp (RFC 3161)', () => {
  const unstamped = () => world.openssl.sign(Buffer.from(TEXT), world.alice);

  it('is needed', () => {
    expect(world.judge(TEXT, unstamped())).toBe('unproven_time');
  });

  it('counts from an authority that the policy names, for that use alone', () => {
    const middle = issue('Middle', AUTHORITY, world.root);
    const low = issue('Stamper', STAMPER, middle);
    expect(world.judge(TEXT, world.stamp(unstamped(), low, [middle]))).toBe('verified');
    expect(world.judge(TEXT, world.stamp(unstamped(), low))).toBe('unproven_time');
    const stranger = issue('Stamper', STAMPER, issue('Stranger', AUTHORITY));
    expect(world.judge(TEXT, world.stamp(unstamped(), stranger))).toBe('unproven_time');
  });

  it('counts for the signature that it is over', () => {
    const token = (signature: Uint8Array) => ({ [OID.timeStampToken]: world.openssl.stamp(signature, world.stamper) });
    const cms = unstamped();
    const { signature } = parseCms(cms);
    expect(world.judge(TEXT, addUnsigned(cms, token(signature)))).toBe('verified');
    expect(world.judge(TEXT, addUnsigned(cms, token(signature.subarray(1))))).toBe('unproven_time');
  });
});

function signerIdOf(certificate: Buffer): Buffer {
  const { issuer, serial } = parseCertificate(certificate);
  return der(0x30, issuer, der(0x02, serial));
}
