import { hash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DerElement, readDer, readElements } from '../../../../shared/signatures/x509/der-element.ts';
import { parseCms } from '../../../../shared/signatures/x509/parse-cms.ts';
import { changeSignedData, changeSigners, der, derOid } from '../../../support/cms-writer.ts';
import { EMAIL_SIGNER } from '../../../support/openssl-authority.ts';
import { verifyPayload } from '../../../support/verify-payload.ts';
import { armorCms, createX509World, type X509World } from '../../../support/x509-signing.ts';

const TEXT = 'tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\nA message\n';

let world: X509World;
let good: Buffer;
beforeAll(() => {
  world = createX509World();
  good = world.sign(TEXT);
});
afterAll(() => world.openssl.remove());

const opensslAccepts = (cms: Buffer) => world.openssl.accepts(Buffer.from(TEXT), cms, world.root);
const sign = (args: readonly string[]) => world.openssl.sign(Buffer.from(TEXT), world.alice, [], args);

describe('a signature of CMS (trust rule 2.4)', () => {
  it('names the signatory, the key, its authority and the time that is proven', () => {
    const found = verifyPayload({ payload: TEXT, signature: armorCms(good), signatories: [world.signatory()] });
    expect(found).toMatchObject({ outcome: 'verified', format: 'x509', signatory: 'Alice', certificate: null });
    if (found.outcome !== 'verified') return;
    const spkiOf = (pem: string) => world.openssl.publicKey(pem);
    expect(found.fingerprint).toBe(`SHA256:${digestOf(spkiOf(world.alice.certificateFile))}`);
    expect(found.certifiedBy).toBe(`SHA256:${digestOf(spkiOf(world.root.certificateFile))}`);
    expect(Math.abs(Number(found.signedAt) - Date.now() / 1000)).toBeLessThan(3600);
  });

  it.each([
    ['sha256', []],
    ['sha384', ['-md', 'sha384']],
    ['sha512', ['-md', 'sha512']],
    ['a signer named by key identifier', ['-keyid']],
  ])('counts with %s', (_, args) => {
    const cms = sign(args);
    expect([world.judge(TEXT, world.stamp(cms)), opensslAccepts(cms)]).toEqual(['verified', true]);
  });

  it.each([
    ['SHA-1', 'weak_algorithm', ['-md', 'sha1']],
    ['RSA-PSS', 'malformed_signature', null],
    ['no signed attributes', 'malformed_signature', ['-noattr']],
    ['no certificate of its signer', 'malformed_signature', ['-nocerts']],
    ['its content inside', 'malformed_signature', ['-nodetach']],
    ['an indefinite length', 'malformed_signature', ['-nodetach', '-stream']],
    ['another type of content', 'malformed_signature', ['-econtent_type', '1.2.3.4']],
  ])('does not count with %s', (_, reason, args) => {
    const key = ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'];
    const rsa = () => world.openssl.issue({ name: 'Alice', extensions: EMAIL_SIGNER, key }, world.root);
    const cms =
      args === null
        ? world.openssl.sign(Buffer.from(TEXT), rsa(), [], ['-keyopt', 'rsa_padding_mode:pss'])
        : sign(args);
    expect(world.judge(TEXT, cms)).toBe(reason);
  });

  it('does not count over other bytes, nor with a digest of them in its attributes', () => {
    expect(world.judge(`${TEXT}more`, good)).toBe('invalid');
    const other = parseCms(world.openssl.sign(Buffer.from('other'), world.alice));
    // The attributes of another signature of the same key, with their own signature value.
    const mixed = changeSigners(good, ([signer = []]) => [
      signer.map((part, index) => (index === 5 ? der(0x04, other.signature) : part)),
    ]);
    expect(world.judge(TEXT, mixed)).toBe('invalid');
    expect(opensslAccepts(mixed)).toBe(false);
  });

  it('has the version of how it names its signer', () => {
    const byKey = world.stamp(sign(['-keyid']));
    const changed = changeSigners(byKey, ([signer = []]) => [[der(0x02, Buffer.of(1)), ...signer.slice(1)]]);
    expect([world.judge(TEXT, byKey), world.judge(TEXT, changed)]).toEqual(['verified', 'malformed_signature']);
  });

  it('has one signer', () => {
    const twice = changeSigners(good, ([signer = []]) => [signer, signer]);
    const none = changeSigners(good, () => []);
    expect([world.judge(TEXT, twice), world.judge(TEXT, none)]).toEqual(['malformed_signature', 'malformed_signature']);
  });

  it.each<[string, (signer: readonly Buffer[]) => readonly Uint8Array[]]>([
    ['a version that is not that of its signer', (signer) => [der(0x02, Buffer.from([3])), ...signer.slice(1)]],
    ['a field that belongs nowhere', (signer) => [...signer, der(0x05)]],
    ['a signature algorithm of another key', (signer) => replace(signer, 4, algorithm('1.2.840.113549.1.1.11'))],
    ['an unknown signature algorithm', (signer) => replace(signer, 4, algorithm('1.2.3.4'))],
    ['an unknown digest', (signer) => replace(signer, 2, algorithm('1.2.3.4'))],
    ['a digest that is not that of its algorithm', (signer) => replace(signer, 2, algorithm('2.16.840.1.101.3.4.2.3'))],
    [
      'parameters of its algorithm',
      (signer) => replace(signer, 4, der(0x30, derOid('1.2.840.10045.4.3.2'), der(0x04))),
    ],
    [
      'an algorithm with something in its NULL',
      (signer) => replace(signer, 2, der(0x30, derOid('2.16.840.1.101.3.4.2.1'), der(0x05, Buffer.of(0)))),
    ],
    ['another serial', (signer) => replace(signer, 1, renamed(signer[1]))],
  ])('does not count with %s', (_, change) => {
    const cms = changeSigners(good, ([signer = []]) => [change(signer)]);
    expect(['malformed_signature', 'weak_algorithm', 'invalid']).toContain(world.judge(TEXT, cms));
  });

  it('has each attribute once, with one value', () => {
    const judge = (change: (attributes: Buffer) => Buffer) =>
      world.judge(
        TEXT,
        changeSigners(good, ([signer = []]) => [signer.map((part, index) => (index === 3 ? change(part) : part))]),
      );
    expect(judge(doubled)).toBe('malformed_signature');
    expect(judge((attributes) => withValues(attributes, (value) => [value, value]))).toBe('malformed_signature');
    expect(judge((attributes) => withValues(attributes, () => []))).toBe('malformed_signature');
  });

  it.each<[string, (elements: readonly DerElement[]) => readonly Uint8Array[]]>([
    ['too many certificates', (elements) => elements.map((one) => (one.tag === 0xa0 ? crowd(one) : one.whole))],
    [
      'certificates of another kind',
      (elements) => elements.map((one) => (one.tag === 0xa0 ? der(0xa0, der(0xa1)) : one.whole)),
    ],
    ['a field that belongs nowhere', (elements) => [...elements.map(({ whole }) => whole), der(0x05)]],
  ])('does not count with %s', (_, change) => {
    expect(world.judge(TEXT, changeSignedData(good, change))).toBe('malformed_signature');
  });

  it('counts for the whole of the identity, or a pattern for the whole of it', () => {
    const judge = (identity: string, isPattern = false) => world.judge(TEXT, good, { identity, isPattern });
    expect(judge('alice@example.com')).toBe('verified');
    expect(judge('[a-z]+@example[.]com', true)).toBe('verified');
    expect(judge('alice|bob@example[.]com', true)).toBe('unknown_key');
    expect(judge('lice@example.com')).toBe('unknown_key');
    expect(judge('alice@example.co')).toBe('unknown_key');
    expect(judge('alice@example[.]co', true)).toBe('unknown_key');
    expect(judge('.*@example.com', false)).toBe('unknown_key');
  });

  it('is void where the policy calls its key or its authority compromised (trust rule 3.3)', () => {
    const found = verifyPayload({ payload: TEXT, signature: armorCms(good), signatories: [world.signatory()] });
    if (found.outcome !== 'verified') throw new Error(found.message);
    for (const key of [found.fingerprint, String(found.certifiedBy)]) {
      const signatories = [world.signatory()];
      const judged = verifyPayload({ payload: TEXT, signature: armorCms(good), signatories, compromisedKeys: [key] });
      // The root is that of the time stamp too, which is looked at first.
      const reason = key === found.fingerprint ? 'revoked_key' : 'unproven_time';
      expect(judged).toMatchObject({ outcome: 'refused', reason });
    }
  });

  it('has an armor without anything else (trust rule 2.1)', () => {
    const judge = (signature: string) =>
      verifyPayload({ payload: TEXT, signature, signatories: [world.signatory()] }).outcome;
    const armor = armorCms(good);
    expect(judge(`${armor}\n \n`)).toBe('verified');
    expect(judge(armor.replaceAll('\n', '\r\n'))).toBe('verified');
    expect(judge(`${armor}text`)).toBe('refused');
    expect(judge(armor + armor)).toBe('refused');
    expect(judge(armor.replace('-----END SIGNED MESSAGE-----', ''))).toBe('refused');
    expect(judge(armor.replace('-----\nMII', '-----\nComment: hello\n\nMII'))).toBe('refused');
  });

  it('of which a bit is changed counts only where that bit proves nothing', () => {
    const original = parseCms(good);
    let refused = 0;
    for (let bit = 0; bit < good.length * 8; bit += 1) {
      const mutant = Buffer.from(good);
      mutant[bit >> 3] = Number(mutant[bit >> 3]) ^ (1 << (bit & 7));
      if (world.judge(TEXT, mutant) !== 'verified') {
        refused += 1;
        continue;
      }
      const { signedAttributes, signature, certificates } = parseCms(mutant);
      expect([signedAttributes, signature, certificates[0]]).toEqual([
        original.signedAttributes,
        original.signature,
        original.certificates[0],
      ]);
    }
    expect(refused).toBeGreaterThan(good.length * 7);
  });
});

function digestOf(spki: Buffer): string {
  return hash('sha256', spki, 'base64').replace(/=+$/, '');
}

function replace(parts: readonly Buffer[], index: number, part: Uint8Array): readonly Uint8Array[] {
  return parts.map((one, at) => (at === index ? part : one));
}

function algorithm(oid: string): Buffer {
  return der(0x30, derOid(oid));
}

/** The attributes with the first of them twice. */
function doubled(attributes: Buffer): Buffer {
  const content = attributes.subarray(attributes.length < 130 ? 2 : 3);
  const first = content.subarray(0, 2 + Number(content[1]));
  return der(0xa0, first, content);
}

/** The attributes with other values of the first. */
function withValues(attributes: Buffer, change: (value: Buffer) => readonly Buffer[]): Buffer {
  const [first, ...others] = readElements(readDer(attributes)) as [DerElement];
  const [type, values] = readElements(first) as [DerElement, DerElement];
  const changed = der(0x30, type.whole, der(0x31, ...change(values.content)));
  return der(0xa0, changed, ...others.map(({ whole }) => whole));
}

function renamed(id: Buffer | undefined): Buffer {
  const changed = Buffer.from(id ?? []);
  changed[changed.length - 1] = Number(changed.at(-1)) ^ 1;
  return changed;
}

function crowd({ content }: DerElement): Buffer {
  return der(0xa0, ...Array.from({ length: 11 }, () => content));
}
