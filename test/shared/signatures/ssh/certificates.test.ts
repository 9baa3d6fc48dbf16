import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KeyTime, SshKey } from '../../../../shared/model/signatory.ts';
import { parseSshPublicKey } from '../../../../shared/signatures/ssh/parse-public-key.ts';
import { createSshForgingKey, forgeSshSignature, type SshForgery, type SshKind } from '../../../support/forge-ssh.ts';
import { createSshKey, type SshKeyPair, signWithSsh } from '../../../support/signing.ts';
import { type CertificateOptions, certify, reissue } from '../../../support/ssh-certificates.ts';
import { keygenAccepts } from '../../../support/ssh-keygen.ts';
import { outcomeOf, verifyPayload } from '../../../support/verify-payload.ts';

const PAYLOAD = 'tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\nA message\n';
const KINDS = ['ed25519', 'rsa2048', 'p256', 'p384', 'p521', 'sk-ed25519', 'sk-p256'] as const satisfies SshKind[];
const signer = createSshForgingKey();

const authorities: SshKeyPair[] = [];
let authority: SshKeyPair;
beforeAll(async () => {
  const kinds = [{ type: 'ed25519' }, { type: 'rsa', bits: 2048 }, { type: 'ecdsa', bits: 384 }] as const;
  authorities.push(...(await Promise.all(kinds.map(createSshKey))));
  const [first] = authorities;
  if (first === undefined) throw new Error('no authority was made');
  authority = first;
});
afterAll(() => Promise.all(authorities.map((each) => each.cleanup())));

function authorityKey(line: string, principals: readonly string[] = ['alice@example.com']): SshKey {
  return { ...parseSshPublicKey(line), principals };
}

/** What Headlock says under the authority's key, and whether ssh-keygen accepts it as of the committer's date. */
function judgeBlob(
  publicKey: Buffer,
  by = authority.publicKey,
  key = signer,
  forgery: SshForgery = {},
): [string, boolean] {
  const signature = forgeSshSignature(key, PAYLOAD, { ...forgery, publicKey });
  const allowedSigners = `alice@example.com cert-authority ${by}`;
  return [
    outcomeOf({ payload: PAYLOAD, signature, keys: [authorityKey(by)] }),
    keygenAccepts({ payload: PAYLOAD, signature, allowedSigners, at: '20260101000000Z' }),
  ];
}

const judge = (options: CertificateOptions) => judgeBlob(certify(authority, signer.line, options));

describe('a certificate of an authority that the policy names (trust rule 2.3)', () => {
  it.each(KINDS)('verifies for a key of kind %s, under each kind of authority, as ssh-keygen does', (kind) => {
    const key = createSshForgingKey(kind);
    for (const by of authorities) {
      const blob = certify(by, key.line);
      expect(judgeBlob(blob, by.publicKey, key)).toEqual(['verified', true]);
      expect(
        judgeBlob(blob, by.publicKey, key, { material: (bytes) => Buffer.concat([bytes, Buffer.alloc(1)]) })[1],
      ).toBe(false);
    }
  });

  it('is told by the fingerprint of the key that it certifies', () => {
    const signature = forgeSshSignature(signer, PAYLOAD, { publicKey: certify(authority, signer.line) });
    const keys = [authorityKey(authority.publicKey)];
    const { fingerprint } = parseSshPublicKey(signer.line);
    expect(verifyPayload({ payload: PAYLOAD, signature, keys })).toMatchObject({ outcome: 'verified', fingerprint });
    expect(verifyPayload({ payload: `${PAYLOAD}\n`, signature, keys })).toMatchObject({ reason: 'invalid' });
  });

  it('is what ssh-keygen signs with', async () => {
    const pair = await createSshKey();
    try {
      const { writeFile } = await import('node:fs/promises');
      const blob = certify(authority, pair.publicKey);
      await writeFile(`${pair.path}-cert.pub`, `ssh-ed25519-cert-v01@openssh.com ${blob.toString('base64')}\n`);
      const signature = await signWithSsh({ ...pair, path: `${pair.path}-cert.pub` }, PAYLOAD);
      expect(signature.toString()).toContain('SSH SIGNATURE');
      expect(outcomeOf({ payload: PAYLOAD, signature, keys: [authorityKey(authority.publicKey)] })).toBe('verified');
      expect(outcomeOf({ payload: PAYLOAD, signature, keys: [parseSshPublicKey(pair.publicKey)] })).toBe('unknown_key');
    } finally {
      await pair.cleanup();
    }
  });
});

describe('a certificate is refused', () => {
  it('without a principal of the policy, exactly', () => {
    expect(judge({ principals: 'bob@example.com,alice@example.com' })).toEqual(['verified', true]);
    expect(judge({ principals: 'bob@example.com' })).toEqual(['not_authorized', false]);
    expect(judge({ principals: 'Alice@example.com' })).toEqual(['not_authorized', false]);
    expect(judge({ principals: '*' })).toEqual(['not_authorized', false]);
    expect(judge({ principals: '' })).toEqual(['not_authorized', false]);
  });

  it('for a host', () => {
    expect(judge({ args: ['-h'] })).toEqual(['not_signing_key', false]);
  });

  it('with a critical option, which ssh-keygen does not look at', () => {
    expect(judge({ args: ['-O', 'force-command=true'] })).toEqual(['not_authorized', true]);
    expect(judge({ args: ['-O', 'verify-required'] })).toEqual(['not_authorized', true]);
    expect(judge({ args: ['-O', 'clear', '-O', 'extension:x@example.com=y'] })).toEqual(['verified', true]);
  });

  it('of an authority that signs with RSA and SHA-1', () => {
    const rsa = authorities[1];
    if (rsa === undefined) throw new Error('no authority was made');
    const blob = certify(rsa, signer.line, { args: ['-t', 'ssh-rsa'] });
    expect(judgeBlob(blob, rsa.publicKey)[0]).toBe('weak_algorithm');
  });

  it('of another authority, or of none that is named as one', () => {
    const blob = certify(authority, signer.line);
    const signature = forgeSshSignature(signer, PAYLOAD, { publicKey: blob });
    const listed = (keys: readonly SshKey[]) => outcomeOf({ payload: PAYLOAD, signature, keys });
    expect(listed([authorityKey(signer.line)])).toBe('unknown_key');
    // A plain key listed admits neither its certificate nor those that it signed.
    expect(listed([parseSshPublicKey(signer.line), parseSshPublicKey(authority.publicKey)])).toBe('unknown_key');
    const line = `alice@example.com ${signer.line}`;
    expect(keygenAccepts({ payload: PAYLOAD, signature, allowedSigners: line })).toBe(false);
  });

  it('that its authority did not sign', () => {
    const blob = certify(authority, signer.line, { principals: 'bob@example.com' });
    const at = blob.indexOf('bob@example.com');
    const forged = Buffer.concat([blob.subarray(0, at), Buffer.from('eve@example.com'), blob.subarray(at + 15)]);
    expect(judgeBlob(forged)).toEqual(['invalid', false]);
  });

  it('that a certificate signed', () => {
    const forger = createSshForgingKey();
    const blob = certify(authority, signer.line);
    expect(judgeBlob(reissue(blob, forger), forger.line)).toEqual(['verified', true]);
    const authorityBlob = certify(authority, forger.line);
    expect(judgeBlob(reissue(blob, forger, { authorityBlob }), forger.line)).toEqual(['unknown_key', false]);
  });

  it('that a security key signed without a touch', () => {
    const forger = createSshForgingKey('sk-ed25519');
    const blob = certify(authority, signer.line);
    expect(judgeBlob(reissue(blob, forger), forger.line)).toEqual(['verified', true]);
    expect(judgeBlob(reissue(blob, forger, { forgery: { flags: 0 } }), forger.line)).toEqual(['not_authorized', true]);
  });

  it('for a weak key, or one without the user verification that the policy asks for', () => {
    const weak = createSshForgingKey('rsa1024');
    expect(judgeBlob(certify(authority, weak.line), authority.publicKey, weak)[0]).toBe('weak_algorithm');
    const fido = createSshForgingKey('sk-ed25519');
    const keys = [{ ...authorityKey(authority.publicKey), userVerification: true } as const];
    const under = (key: typeof fido, flags: number) =>
      outcomeOf({
        payload: PAYLOAD,
        signature: forgeSshSignature(key, PAYLOAD, { publicKey: certify(authority, key.line), flags }),
        keys,
      });
    expect([under(fido, 5), under(fido, 1), under(signer, 5)]).toEqual([
      'verified',
      'not_authorized',
      'not_authorized',
    ]);
  });

  it('as the signature of its authority itself', async () => {
    const signature = await signWithSsh(authority, PAYLOAD);
    expect(outcomeOf({ payload: PAYLOAD, signature, keys: [authorityKey(authority.publicKey)] })).toBe('unknown_key');
  });

  it('cut anywhere, or with bytes at its end', () => {
    const blob = certify(authority, signer.line);
    for (let length = 40; length < blob.length; length += 7) {
      expect(judgeBlobHere(blob.subarray(0, length))).toBe('malformed_signature');
    }
    expect(judgeBlobHere(Buffer.concat([blob, Buffer.alloc(1)]))).toBe('malformed_signature');
  });
});

function judgeBlobHere(publicKey: Buffer): string {
  const signature = forgeSshSignature(signer, PAYLOAD, { publicKey });
  return outcomeOf({ payload: PAYLOAD, signature, keys: [authorityKey(authority.publicKey)] });
}

describe('the time of a certificate (trust rule 3.1)', () => {
  const FROM = Date.UTC(2026, 0, 1) / 1000;
  const UNTIL = Date.UTC(2026, 1, 1) / 1000;
  const judgeAt = (committedAt: number, firstSeen: number, keyTime: KeyTime = 'first-seen') =>
    outcomeOf({
      payload: PAYLOAD,
      signature: forgeSshSignature(signer, PAYLOAD, {
        publicKey: certify(authority, signer.line, { validity: '20260101000000:20260201000000' }),
      }),
      keys: [authorityKey(authority.publicKey)],
      committedAt,
      terms: { firstSeen, keyTime },
    });

  it('bounds the commit’s date and first seen', () => {
    expect(judgeAt(FROM, FROM)).toBe('verified');
    expect(judgeAt(FROM, FROM - 300)).toBe('verified');
    expect(judgeAt(FROM - 1, FROM)).toBe('not_yet_valid_key');
    expect(judgeAt(UNTIL - 1, UNTIL - 1)).toBe('verified');
    expect(judgeAt(UNTIL - 1, UNTIL)).toBe('expired_key');
    expect(judgeAt(UNTIL, UNTIL)).toBe('expired_key');
  });

  it('is relaxed as that of a key is', () => {
    expect(judgeAt(UNTIL - 1, UNTIL, 'signature')).toBe('verified');
    expect(judgeAt(UNTIL, UNTIL, 'signature')).toBe('expired_key');
    expect(judgeAt(UNTIL, UNTIL, 'ignore')).toBe('verified');
    expect(judgeAt(FROM - 1, UNTIL, 'ignore')).toBe('not_yet_valid_key');
  });
});
