import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { armorLines } from '../../../../shared/signatures/armor-lines.ts';
import { createKeyring } from '../../../../shared/signatures/keyring.ts';
import { MalformedError } from '../../../../shared/signatures/malformed-error.ts';
import { parseSshCertificate } from '../../../../shared/signatures/ssh/parse-certificate.ts';
import { isFidoKeyType } from '../../../../shared/signatures/ssh/parse-key-blob.ts';
import { parseSshPublicKey } from '../../../../shared/signatures/ssh/parse-public-key.ts';
import { verifySignature } from '../../../../shared/signatures/verify-signature.ts';
import { createSshForgingKey, forgeSshSignature } from '../../../support/forge-ssh.ts';
import { createSignatory } from '../../../support/signatories.ts';
import { createSshKey, type SshKeyPair } from '../../../support/signing.ts';
import { certify, reissue } from '../../../support/ssh-certificates.ts';
import { keygenAccepts } from '../../../support/ssh-keygen.ts';
import { outcomeOf } from '../../../support/verify-payload.ts';

const PAYLOAD = 'tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\nA message\n';

let authority: SshKeyPair;
beforeAll(async () => {
  authority = await createSshKey();
});
afterAll(() => authority.cleanup());

describe('a certificate (trust rule 2.3)', () => {
  it.each(['ed25519', 'rsa2048', 'p256', 'sk-ed25519', 'sk-p256'] as const)('is never a plain key: %s', (kind) => {
    const { blob, line } = createSshForgingKey(kind);
    expect(() => parseSshCertificate(blob)).toThrow(MalformedError);
    expect(parseSshCertificate(certify(authority, line)).keyBlob).toEqual(blob);
  });

  it('is refused for a key that lies off its curve, though its authority signed it', () => {
    const signer = createSshForgingKey('p256');
    const forger = createSshForgingKey();
    const judge = (publicKey: Buffer) => {
      const signature = forgeSshSignature(signer, PAYLOAD, { publicKey });
      const keys = [{ ...parseSshPublicKey(forger.line), principals: ['alice@example.com'] }];
      const allowedSigners = `alice@example.com cert-authority ${forger.line}`;
      return [
        outcomeOf({ payload: PAYLOAD, signature, keys }),
        keygenAccepts({ payload: PAYLOAD, signature, allowedSigners }),
      ];
    };
    const certificate = certify(authority, signer.line);
    expect(judge(reissue(certificate, forger))).toEqual(['verified', true]);
    const point = signer.blob.subarray(-64);
    const change = (body: Buffer) => {
      const last = body.indexOf(point) + point.length - 1;
      return Buffer.from(body.with(last, (body[last] ?? 0) ^ 1));
    };
    expect(judge(reissue(certificate, forger, { change }))).toEqual(['malformed_signature', false]);
  });
});

describe('a ring that has met many certificates', () => {
  it('verifies each of them, forgets those that are too many, and takes no forged one for one that it knows', () => {
    const [signer, forger] = [createSshForgingKey(), createSshForgingKey()];
    const ring = createKeyring([
      createSignatory([{ ...parseSshPublicKey(forger.line), principals: ['alice@example.com'] }]),
    ]);
    const first = certify(authority, signer.line, { serial: 0x0102_0304 });
    const serial = first.indexOf(Buffer.from('01020304', 'hex'));
    const withSerial = (value: number) => (body: Buffer) => {
      const changed = Buffer.from(body);
      changed.writeUInt32BE(value, serial);
      return changed;
    };
    const payload = Buffer.from(PAYLOAD);
    const committer = { name: 'Alice', email: 'alice@example.com', seconds: 1_767_225_600 };
    const terms = { keyTime: 'first-seen', matchEmail: false, firstSeen: 1_767_225_600 } as const;
    const judge = (publicKey: Buffer) => {
      const signature = armorLines(forgeSshSignature(signer, PAYLOAD, { publicKey }));
      return verifySignature({ payload, signature, committer }, ring, terms);
    };
    const certificates = Array.from({ length: 1_005 }, (_, index) =>
      reissue(first, forger, { change: withSerial(index + 1) }),
    );
    for (const [index, certificate] of [...certificates, ...certificates.slice(0, 5)].entries()) {
      const expected = { outcome: 'verified', certificate: { serial: String((index % certificates.length) + 1) } };
      expect(judge(certificate)).toMatchObject(expected);
    }
    for (const certificate of certificates.slice(0, 5)) {
      const forged = Buffer.from(certificate);
      forged.writeUInt32BE(70_000, serial);
      expect(judge(forged)).toMatchObject({ outcome: 'refused', reason: 'invalid' });
    }
  });
});

it('tells the types of security keys from all others', () => {
  const types = (kind: 'ed25519' | 'rsa2048' | 'p256' | 'sk-ed25519' | 'sk-p256') =>
    isFidoKeyType(parseSshPublicKey(createSshForgingKey(kind).line).type);
  expect([types('ed25519'), types('rsa2048'), types('p256')]).toEqual([false, false, false]);
  expect([types('sk-ed25519'), types('sk-p256')]).toEqual([true, true]);
  expect(isFidoKeyType('sk-ssh-ed25519-cert-v01@openssh.com')).toBe(false);
});
