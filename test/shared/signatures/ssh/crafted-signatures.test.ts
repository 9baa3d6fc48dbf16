import { describe, expect, it } from 'vitest';
import type { SshKey } from '../../../../shared/model/signatory.ts';
import { parseSshPublicKey } from '../../../../shared/signatures/ssh/parse-public-key.ts';
import {
  armorSsh,
  createSshForgingKey,
  forgeSshBlob,
  forgeSshSignature,
  type SshForgery,
  type SshForgingKey,
  sshInteger,
  sshString,
} from '../../../support/forge-ssh.ts';
import { outcomeOf, verifyPayload } from '../../../support/verify-payload.ts';

const PAYLOAD = 'tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\nA message\n';
const ed25519 = createSshForgingKey();
const rsa = createSshForgingKey('rsa2048');
const p256 = createSshForgingKey('p256');

function judge(forgery: SshForgery, signer: SshForgingKey = ed25519): string {
  return judgeArmored(forgeSshSignature(signer, PAYLOAD, forgery), signer);
}

function judgeArmored(signature: Uint8Array | string, signer: SshForgingKey = ed25519): string {
  return outcomeOf({ payload: PAYLOAD, signature, keys: [recordOf(signer)] });
}

/** Also of keys that `parseSshPublicKey` refuses. */
function recordOf({ blob }: SshForgingKey): SshKey {
  return { format: 'ssh', fingerprint: 'SHA256:x', type: 'x', blob: blob.toString('base64') };
}

describe('what is accepted (trust rule 2.3)', () => {
  it.each(['ed25519', 'rsa2048', 'p256', 'p384', 'p521'] as const)('is %s, over either digest', (kind) => {
    const signer = createSshForgingKey(kind);
    expect([judge({ hash: 'sha256' }, signer), judge({ hash: 'sha512' }, signer)]).toEqual(['verified', 'verified']);
  });

  it('is RSA with SHA-256 too', () => {
    expect(judge({ algorithm: 'rsa-sha2-256', digest: 'sha256' }, rsa)).toBe('verified');
  });

  it('names signatory and fingerprint', () => {
    const key = parseSshPublicKey(ed25519.line);
    expect(verifyPayload({ payload: PAYLOAD, signature: forgeSshSignature(ed25519, PAYLOAD), keys: [key] })).toEqual({
      outcome: 'verified',
      format: 'ssh',
      signatory: 'Alice',
      fingerprint: key.fingerprint,
      certifiedBy: null,
      certificate: null,
      signedAt: null,
    });
  });
});

describe('what is malformed (trust rule 2.3)', () => {
  it.each<[string, SshForgery]>([
    ['another magic', { magic: 'SSHSIH' }],
    ['another version', { version: 2 }],
    ['another namespace', { namespace: 'file' }],
    ['an empty namespace', { namespace: '' }],
    ['a namespace that starts alike', { namespace: 'git\0' }],
    ['a reserved field', { reserved: Buffer.from('x') }],
    ['SHA-1', { hash: 'sha1' }],
    ['SHA-384', { hash: 'sha384' }],
    ['an algorithm of another key', { algorithm: 'ecdsa-sha2-nistp256' }],
    ['an algorithm that is in no list', { algorithm: 'constructor' }],
    ['bytes after the inner signature', { afterMaterial: Buffer.from([0]) }],
    ['bytes at the end', { afterAll: Buffer.from([0]) }],
    ['another key type around it', { publicKey: rsa.blob }],
    ['a key that does not end', { publicKey: Buffer.concat([ed25519.blob, Buffer.from([0])]) }],
  ])('has %s', (_name, forgery) => {
    expect(judge(forgery)).toBe('malformed_signature');
  });

  it('has numbers that are not in their shortest form, zero, negative or too long', () => {
    const ones = Buffer.alloc(32, 0x11);
    const numbers: readonly Buffer[] = [
      Buffer.concat([sshString(Buffer.concat([Buffer.from([0]), ones])), sshInteger(ones)]),
      Buffer.concat([sshString(Buffer.alloc(0)), sshInteger(ones)]),
      Buffer.concat([sshString(Buffer.alloc(1)), sshInteger(ones)]),
      Buffer.concat([sshString(Buffer.from([0x80])), sshInteger(ones)]),
      Buffer.concat([sshInteger(Buffer.alloc(33, 0x11)), sshInteger(ones)]),
      Buffer.concat([sshInteger(ones), sshInteger(ones), Buffer.from([0])]),
      sshInteger(ones),
    ];
    for (const material of numbers) expect(judge({ material: () => material }, p256)).toBe('malformed_signature');
    expect(judge({ material: (bytes) => Buffer.concat([Buffer.from([0]), bytes]) }, rsa)).toBe('malformed_signature');
  });

  it.each<[string, (armored: string) => string]>([
    ['text far out on its first line', (armored) => armored.replace('\n', `${' '.repeat(200)}x\n`)],
    ['text after it', (armored) => `${armored}x`],
    ['a second block', (armored) => armored + armored],
    ['no end', (armored) => armored.replace(/-----END.*\n/, '')],
    ['a header', (armored) => armored.replace('\n', '\nComment: x\n\n')],
    ['a foreign character', (armored) => armored.replace('\nU', '\n!U')],
    ['nothing within', () => '-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----\n'],
  ])('has an armor with %s (trust rule 2.1)', (_name, change) => {
    expect(judgeArmored(change(forgeSshSignature(ed25519, PAYLOAD).toString()))).toBe('malformed_signature');
  });

  it('has no more than white space beside it', () => {
    const armored = forgeSshSignature(ed25519, PAYLOAD).toString();
    expect(judgeArmored(armored.replaceAll('\n', '\r\n'))).toBe('verified');
    expect(judgeArmored(`${armored}\n \n`)).toBe('verified');
    expect(judgeArmored(armored.trimEnd())).toBe('verified');
  });

  it('is cut anywhere', () => {
    const blob = forgeSshBlob(ed25519, PAYLOAD);
    for (let length = 1; length < blob.length; length += 1) {
      expect(judgeArmored(armorSsh(blob.subarray(0, length)))).toBe('malformed_signature');
    }
  });
});

describe('what is weak or unknown (trust rules 2.3, 2.5)', () => {
  it('is RSA below 2048 bits, RSA with SHA-1, DSA', () => {
    expect(judge({}, createSshForgingKey('rsa1024'))).toBe('weak_algorithm');
    expect(judge({ algorithm: 'ssh-rsa', digest: 'sha1' }, rsa)).toBe('weak_algorithm');
    expect(judge({ publicKey: sshString(Buffer.from('ssh-dss')) })).toBe('weak_algorithm');
  });

  it.each(['ssh-dss-cert-v01@openssh.com', 'ssh-unheard-of'])('is %s', (type) => {
    expect(judge({ publicKey: sshString(Buffer.from(type)) })).toBe('unknown_signature_type');
  });
});

describe('what somebody else made', () => {
  it('is unknown, with the fingerprint to look for', () => {
    const result = verifyPayload({
      payload: PAYLOAD,
      signature: forgeSshSignature(ed25519, PAYLOAD),
      keys: [recordOf(rsa)],
    });
    const { fingerprint } = parseSshPublicKey(ed25519.line);
    expect(result).toMatchObject({ reason: 'unknown_key', message: expect.stringContaining(fingerprint) });
    expect(result).toMatchObject({ nextStep: expect.stringContaining('headlock apply') });
  });

  it('is invalid under another key, or over other bytes', () => {
    for (const signer of [ed25519, rsa, p256]) {
      const other = createSshForgingKey(signer.kind);
      expect(judge({ publicKey: other.blob }, { ...signer, blob: other.blob })).toBe('invalid');
      expect(
        outcomeOf({ payload: 'other', signature: forgeSshSignature(signer, PAYLOAD), keys: [recordOf(signer)] }),
      ).toBe('invalid');
    }
    expect(judge({ material: (bytes) => bytes.subarray(1) })).toBe('invalid');
  });
});

describe('time (trust rules 3.1, 3.2)', () => {
  it('is the committer’s date, as a claim', () => {
    const check = (committedAt: number, firstSeen: number) =>
      verifyPayload({
        payload: PAYLOAD,
        signature: forgeSshSignature(ed25519, PAYLOAD),
        keys: [recordOf(ed25519)],
        committedAt,
        terms: { firstSeen },
      });
    expect(check(1_300, 1_000)).toMatchObject({ outcome: 'verified', signedAt: null });
    expect(check(1_301, 1_000)).toMatchObject({ reason: 'future_signature', recheckAt: 1_001 });
    expect(check(999_999_999_999_999, 1_000)).toMatchObject({ reason: 'future_signature', recheckAt: null });
  });
});
