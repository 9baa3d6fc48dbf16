import { describe, expect, it } from 'vitest';
import { parseSshPublicKey } from '../../../../shared/signatures/ssh/parse-public-key.ts';
import {
  createSshForgingKey,
  forgeSshSignature,
  type SshForgery,
  type SshForgingKey,
} from '../../../support/forge-ssh.ts';
import { keygenAccepts } from '../../../support/ssh-keygen.ts';
import { outcomeOf } from '../../../support/verify-payload.ts';

const PAYLOAD = 'tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\nA message\n';

/** What Headlock says, and whether ssh-keygen accepts it. */
function judge(signer: SshForgingKey, forgery: SshForgery = {}, userVerification?: true): [string, boolean] {
  const signature = forgeSshSignature(signer, PAYLOAD, forgery);
  const keys = [{ ...parseSshPublicKey(signer.line), userVerification }];
  const isAccepted = keygenAccepts({ payload: PAYLOAD, signature, allowedSigners: `alice@example.com ${signer.line}` });
  return [outcomeOf({ payload: PAYLOAD, signature, keys }), isAccepted];
}

describe.each(['sk-ed25519', 'sk-p256'] as const)('a FIDO key of kind %s (trust rule 2.3)', (kind) => {
  const signer = createSshForgingKey(kind);

  it('verifies where somebody touched it, as ssh-keygen does', () => {
    expect(judge(signer)).toEqual(['verified', true]);
    expect(judge(signer, { flags: 0x05, counter: 0xffffffff, hash: 'sha256' })).toEqual(['verified', true]);
    const other = createSshForgingKey(kind, 'ssh:work');
    expect(judge(other)).toEqual(['verified', true]);
  });

  it('does not where nobody did, which ssh-keygen lets pass', () => {
    expect(judge(signer, { flags: 0x00 })).toEqual(['not_authorized', true]);
    expect(judge(signer, { flags: 0x04 })).toEqual(['not_authorized', true]);
  });

  it('verifies under `userVerification` where the device knew who it was', () => {
    expect(judge(signer, { flags: 0x05 }, true)[0]).toBe('verified');
    expect(judge(signer, { flags: 0x01 }, true)).toEqual(['not_authorized', true]);
    expect(judge(signer, { flags: 0x04 }, true)[0]).toBe('not_authorized');
  });

  it('counts where one of two signatories asks for less', () => {
    const key = parseSshPublicKey(signer.line);
    const keys = [{ ...key, userVerification: true } as const, key];
    expect(outcomeOf({ payload: PAYLOAD, signature: forgeSshSignature(signer, PAYLOAD), keys })).toBe('verified');
  });

  it('signs for the application that is registered, and no other', () => {
    expect(judge(signer, { application: 'https://example.com' })).toEqual(['invalid', false]);
    const forged = createSshForgingKey(kind, 'ssh:other');
    const signature = forgeSshSignature({ ...signer, blob: forged.blob }, PAYLOAD);
    expect(outcomeOf({ payload: PAYLOAD, signature, keys: [parseSshPublicKey(signer.line)] })).toBe('unknown_key');
  });

  it('refuses bytes missing or left over, other algorithms and numbers', () => {
    expect(judge(signer, { afterMaterial: Buffer.alloc(1) })).toEqual(['malformed_signature', false]);
    expect(judge(signer, { algorithm: 'ssh-ed25519' })).toEqual(['malformed_signature', false]);
    expect(judge(signer, { algorithm: 'ecdsa-sha2-nistp256' })[0]).toBe('malformed_signature');
    const webauthn = 'webauthn-sk-ecdsa-sha2-nistp256@openssh.com';
    expect(judge(signer, { algorithm: webauthn })).toEqual(['malformed_signature', false]);
    const isAccepted = judge(signer, { material: (bytes) => bytes.subarray(1) });
    expect(isAccepted[0]).toMatch(/invalid|malformed_signature/);
    expect(isAccepted[1]).toBe(false);
  });
});

it('is no plain key with the same numbers', () => {
  const plain = createSshForgingKey('ed25519');
  const sk = createSshForgingKey('sk-ed25519');
  const signature = forgeSshSignature(plain, PAYLOAD, { publicKey: sk.blob });
  expect(outcomeOf({ payload: PAYLOAD, signature, keys: [parseSshPublicKey(sk.line)] })).toBe('malformed_signature');
});
