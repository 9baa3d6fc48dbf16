import { describe, expect, it } from 'vitest';
import type { SignatureKeys } from '../../../shared/model/verdict.ts';
import { createCompromiseCheck } from '../../../shared/signatures/compromise-check.ts';
import { createKeyring } from '../../../shared/signatures/keyring.ts';
import { parseSshPublicKey } from '../../../shared/signatures/ssh/parse-public-key.ts';
import { parseRevocationList } from '../../../shared/signatures/ssh/parse-revocation-list.ts';
import { createForgingKey, forgeSignature } from '../../support/forge-openpgp.ts';
import { createSshForgingKey, forgeSshSignature } from '../../support/forge-ssh.ts';
import { createSignatory } from '../../support/signatories.ts';
import { createSshKey } from '../../support/signing.ts';
import { certify } from '../../support/ssh-certificates.ts';
import { createKrl } from '../../support/ssh-keygen.ts';
import { verifyPayload } from '../../support/verify-payload.ts';

const PAYLOAD = 'A commit';
const HARD = { kind: 'hard' } as const;
const SOFT = { kind: 'soft', at: 1 } as const;
const primary = createForgingKey();
const subkey = createForgingKey().record;
const bound = { ...subkey, primaryFingerprint: primary.record.fingerprint };
const byPrimary: SignatureKeys = { fingerprint: primary.record.fingerprint, certifiedBy: null, certificate: null };
const bySubkey: SignatureKeys = { ...byPrimary, fingerprint: subkey.fingerprint, certifiedBy: byPrimary.fingerprint };

describe('OpenPGP keys (trust rule 3.3)', () => {
  it('are compromised where the policy marks them, or their primary', () => {
    const marks = (...keys: readonly string[]) => createCompromiseCheck([], keys);
    expect(marks(byPrimary.fingerprint)?.(byPrimary)).toBe(true);
    expect(marks(byPrimary.fingerprint)?.(bySubkey)).toBe(true);
    expect(marks(subkey.fingerprint)?.(bySubkey)).toBe(true);
    expect(marks(subkey.fingerprint)?.(byPrimary)).toBe(false);
    expect(marks()).toBeNull();
  });

  it('are compromised where any copy of their certificate is revoked hard', () => {
    const ring = (...copies: readonly (typeof bound)[]) =>
      createCompromiseCheck([createSignatory([primary.record, bound]), createSignatory(copies)], []);
    expect(ring({ ...primary.record, revocation: HARD })?.(bySubkey)).toBe(true);
    expect(ring({ ...bound, revocation: HARD })?.(bySubkey)).toBe(true);
    expect(ring({ ...bound, revocation: HARD })?.(byPrimary)).toBe(false);
    expect(ring({ ...primary.record, revocation: SOFT })).toBeNull();
  });

  it('keep what their owner states, whoever else holds them under a key of his own', () => {
    const adopted = { ...primary.record, primaryFingerprint: '9'.repeat(40), revocation: HARD };
    const check = createCompromiseCheck([createSignatory([primary.record]), createSignatory([adopted])], []);
    expect(check?.(byPrimary)).toBe(false);
    const own = { ...primary.record, revocation: HARD };
    const byOwner = createCompromiseCheck([createSignatory([own, { ...adopted, revocation: null }])], []);
    expect(byOwner?.({ ...byPrimary, certifiedBy: adopted.primaryFingerprint })).toBe(true);
  });
});

describe('SSH keys (trust rule 3.3)', () => {
  const key = createSshForgingKey();
  const fingerprint = parseSshPublicKey(key.line).fingerprint;
  const byKey: SignatureKeys = { fingerprint, certifiedBy: null, certificate: null };
  const listed = (list: Uint8Array | string, ...keys: readonly string[]) =>
    createCompromiseCheck(
      [
        createSignatory(keys.map(parseSshPublicKey)),
        createSignatory([], { sshRevocations: parseRevocationList(Buffer.from(list)) }),
      ],
      [],
    );

  it('are compromised where the policy marks them or a list names them, also by a SHA-1 fingerprint', () => {
    expect(createCompromiseCheck([], [fingerprint])?.(byKey)).toBe(true);
    expect(listed(key.line)?.(byKey)).toBe(true);
    expect(listed(createSshForgingKey().line)?.(byKey)).toBe(false);
    expect(listed('')).toBeNull();
    const krl = createKrl([`sha1: ${key.line}`]);
    const others = createSshForgingKey().line;
    expect(listed(krl, others, key.line)?.(byKey)).toBe(true);
    expect(listed(krl, others)?.({ ...byKey, fingerprint: parseSshPublicKey(others).fingerprint })).toBe(false);
  });

  it('are compromised with the authority of their certificate, its serial or its key id', async () => {
    const authority = await createSshKey();
    const certificate = certify(authority, key.line, { serial: 7, keyId: 'alice-laptop' });
    const evidence = verifyPayload({
      payload: PAYLOAD,
      signature: forgeSshSignature(key, PAYLOAD, { publicKey: certificate }),
      keys: [{ ...parseSshPublicKey(authority.publicKey), principals: ['alice@example.com'] }],
    });
    if (evidence.outcome !== 'verified') throw new Error(evidence.message);
    const { fingerprint: authorityFingerprint } = parseSshPublicKey(authority.publicKey);
    expect(evidence).toMatchObject({ fingerprint, certifiedBy: authorityFingerprint, certificate: { serial: '7' } });
    const krl = (line: string, by = authority) => listed(createKrl([line], by.publicKey))?.(evidence);
    expect(createCompromiseCheck([], [authorityFingerprint])?.(evidence)).toBe(true);
    expect(listed(authority.publicKey)?.(evidence)).toBe(true);
    expect([krl('serial: 5-9'), krl('serial: 8-9')]).toEqual([true, false]);
    expect([krl('id: alice-laptop'), krl('id: alice-desktop')]).toEqual([true, false]);
    const other = await createSshKey();
    expect(krl('serial: 5-9', other)).toBe(false);
    // A list may mean the certificates of whatever authority.
    const ofAny = (line: string) => listed(createKrl([line], 'none'))?.(evidence);
    expect([ofAny('serial: 5-9'), ofAny('serial: 8-9'), ofAny('id: alice-laptop')]).toEqual([true, false, true]);
    expect(listed(createKrl(['serial: 5-9'], 'none'))?.(byKey)).toBe(false);
    await Promise.all([authority.cleanup(), other.cleanup()]);
  });
});

describe('a ring with compromised keys (trust rule 3.3)', () => {
  const judge = (signature: Uint8Array, keys: Parameters<typeof createSignatory>[0], ...marked: readonly string[]) =>
    verifyPayload({ payload: PAYLOAD, signature, keys, compromisedKeys: marked });

  it('accepts none of their signatures, whenever they were made', () => {
    const signature = forgeSignature(primary, PAYLOAD);
    const { fingerprint } = primary.record;
    expect(judge(signature, [primary.record], fingerprint)).toMatchObject({ reason: 'revoked_key' });
    expect(judge(signature, [primary.record], subkey.fingerprint)).toMatchObject({ outcome: 'verified' });
    const underOther = { ...primary.record, primaryFingerprint: subkey.fingerprint };
    expect(judge(signature, [underOther], subkey.fingerprint)).toMatchObject({ reason: 'revoked_key' });
    const key = createSshForgingKey();
    const parsed = parseSshPublicKey(key.line);
    const bySsh = forgeSshSignature(key, PAYLOAD);
    expect(judge(bySsh, [parsed], parsed.fingerprint)).toMatchObject({ reason: 'revoked_key' });
    expect(judge(bySsh, [parsed], fingerprint)).toMatchObject({ outcome: 'verified' });
    expect(createKeyring([createSignatory([parsed])]).isSshRevoked(Buffer.from(parsed.blob, 'base64'), null)).toBe(
      false,
    );
  });
});
