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

describe('copies of one key', () => {
  it('count as the newest statement says, in whatever order they are listed (trust rule 2.2)', () => {
    const old = { statedAt: 10, expires: 100 };
    const renewed = { statedAt: 20, expires: 50 };
    expect(find(old, renewed)?.key.expires).toBe(50);
    expect(find(renewed, old)?.key.expires).toBe(50);
  });

  it('are revoked all where one is (trust rule 3.3)', () => {
    const early = { revocation: { kind: 'soft', at: 5 } } as const;
    const late = { revocation: { kind: 'soft', at: 9 } } as const;
    const hard = { revocation: { kind: 'hard' } } as const;
    expect(find({ statedAt: 99 }, early)?.key.revocation).toEqual({ kind: 'soft', at: 5 });
    expect(find(late, early, {})?.key.revocation).toEqual({ kind: 'soft', at: 5 });
    expect(find(early, hard, late)?.key.revocation).toEqual({ kind: 'hard' });
    expect(find({}, {})?.key.revocation).toBeNull();
  });

  it('belong to each signatory once', () => {
    expect(find({}, {})?.signatories.map(({ name }) => name)).toEqual(['Signatory 0', 'Signatory 1']);
    const twice = createKeyring([createSignatory([record, record])]);
    expect(twice.openPgpByFingerprint(record.fingerprint)[0]?.[0].signatories).toHaveLength(1);
  });
});

describe('subkeys', () => {
  it('are revoked with their primary, whichever copy says so', () => {
    const subkey = { ...createForgingKey().record, primaryFingerprint: record.fingerprint };
    const revoked = { ...record, revocation: { kind: 'hard' } } as const;
    const ring = createKeyring([createSignatory([record, subkey]), createSignatory([revoked], { name: 'Bob' })]);
    expect(ring.openPgpByFingerprint(subkey.fingerprint)[0]?.[0].key.revocation).toEqual({ kind: 'hard' });
  });
});

describe('subkeys whose primary is newer in a copy without them', () => {
  const subkey = { ...createForgingKey().record, primaryFingerprint: record.fingerprint };
  const expiresUnder = (primary: Partial<typeof record>, own: number | null) => {
    const copies = [
      createSignatory([record, { ...subkey, expires: own }]),
      createSignatory([{ ...record, ...primary }]),
    ];
    return createKeyring(copies).openPgpByFingerprint(subkey.fingerprint)[0]?.[0].key.expires;
  };

  it('end with it (trust rule 2.2)', () => {
    const shortened = { statedAt: record.statedAt + 10, expires: 50 };
    expect(expiresUnder(shortened, null)).toBe(50);
    expect(expiresUnder(shortened, 40)).toBe(40);
    expect(expiresUnder({}, 40)).toBe(40);
    expect(expiresUnder({ statedAt: record.statedAt - 10, expires: 50 }, null)).toBeNull();
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
