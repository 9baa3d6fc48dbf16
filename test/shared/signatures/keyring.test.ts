import { describe, expect, it } from 'vitest';
import { createKeyring } from '../../../shared/signatures/keyring.ts';
import { createForgingKey, forgeSignature } from '../../support/forge-openpgp.ts';
import { createSignatory } from '../../support/signatories.ts';
import { verifyPayload } from '../../support/verify-payload.ts';

const PAYLOAD = 'A commit';
const { record, privateKey } = createForgingKey();

function find(...copies: readonly Partial<typeof record>[]) {
  const signatories = copies.map((copy, index) =>
    createSignatory([{ ...record, ...copy }], { name: `Signatory ${index}` }),
  );
  return createKeyring(signatories).openPgpByFingerprint(record.fingerprint)[0]?.[0];
}

describe('a key that is listed more than once', () => {
  it('belongs to each signatory once', () => {
    expect(find({}, {})?.signatories.map(({ name }) => name)).toEqual(['Signatory 0', 'Signatory 1']);
    const twice = createKeyring([createSignatory([record, record])]);
    expect(twice.openPgpByFingerprint(record.fingerprint)[0]?.[0].signatories).toHaveLength(1);
  });
});

describe('a key that another certificate holds too', () => {
  const adopted = { ...record, primaryFingerprint: '9'.repeat(40), statedAt: record.statedAt + 1_000 };
  const signature = forgeSignature({ record, privateKey }, PAYLOAD);
  const judge = (...adoptions: readonly Partial<typeof record>[]) =>
    verifyPayload({
      payload: PAYLOAD,
      signature,
      signatories: [
        ...adoptions.map((one) => createSignatory([{ ...adopted, ...one }], { name: 'Mallory' })),
        createSignatory([record]),
      ],
    });

  it('counts as its own certificate says, whatever the other one does', () => {
    const byAlice = { outcome: 'verified', signatory: 'Alice' };
    expect(judge({ revocation: { kind: 'hard' } })).toMatchObject(byAlice);
    expect(judge({ expires: record.created + 1 })).toMatchObject(byAlice);
    expect(judge({ signing: false, spki: null, unusable: 'its binding lacks a valid back-signature' })).toMatchObject(
      byAlice,
    );
  });

  it('is void in both where its own one says that it is compromised (trust rule 3.3)', () => {
    const hard = { revocation: { kind: 'hard' } } as const;
    const ring = createKeyring([createSignatory([adopted]), createSignatory([{ ...record, ...hard }])]);
    const [entries] = ring.openPgpByFingerprint(record.fingerprint);
    expect(entries?.map(({ key }) => key)).toMatchObject([hard, hard]);
  });

  it('is not revoked nor extended by it', () => {
    const ring = createKeyring([
      createSignatory([{ ...adopted, revocation: { kind: 'hard' }, expires: null }]),
      createSignatory([{ ...record, expires: 5 }]),
    ]);
    const [entries] = ring.openPgpByFingerprint(record.fingerprint);
    expect(entries?.map(({ key }) => [key.revocation, key.expires])).toEqual([
      [{ kind: 'hard' }, null],
      [null, 5],
    ]);
  });
});

describe('looking keys up', () => {
  it('gives every key of an id', () => {
    const twin = { ...record, fingerprint: `${'0'.repeat(24)}${record.keyId}` };
    const ring = createKeyring([createSignatory([record, twin])]);
    expect(ring.openPgpByKeyId(record.keyId).map(([{ key }]) => key.fingerprint)).toEqual([
      record.fingerprint,
      twin.fingerprint,
    ]);
    expect(ring.openPgpByKeyId('0'.repeat(16))).toEqual([]);
    expect(ring.sshByBlob('')).toEqual([]);
  });

  it('makes public keys when they are first used', () => {
    const broken = { ...record, spki: 'AAAA' };
    const entry = createKeyring([createSignatory([broken])]).openPgpByFingerprint(record.fingerprint)[0]?.[0];
    expect(() => entry?.publicKey()).toThrow();
    expect(() => find({ spki: null, unusable: 'it is weak' })?.publicKey()).toThrow();
    const good = find({});
    expect(good?.publicKey()).toBe(good?.publicKey());
  });
});
