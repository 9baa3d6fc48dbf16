import { createPublicKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { armorLines } from '../../../../shared/signatures/armor-lines.ts';
import { createKeyring, type Keyring } from '../../../../shared/signatures/keyring.ts';
import { parseSshPublicKey } from '../../../../shared/signatures/ssh/parse-public-key.ts';
import { verifySignature } from '../../../../shared/signatures/verify-signature.ts';
import { createSshForgingKey, forgeSshSignature } from '../../../support/forge-ssh.ts';
import { createSignatory } from '../../../support/signatories.ts';
import { createSshKey, type SshKeyPair } from '../../../support/signing.ts';
import { certify, reissue } from '../../../support/ssh-certificates.ts';
import { LATE } from '../../../support/verify-payload.ts';

const PAYLOAD = 'A commit';
const signer = createSshForgingKey();

let authority: SshKeyPair;
let certificate: Buffer;
let keyring: Keyring;
beforeAll(async () => {
  authority = await createSshKey();
  certificate = certify(authority, signer.line);
  const key = { ...parseSshPublicKey(authority.publicKey), principals: ['alice@example.com'] };
  keyring = createKeyring([createSignatory([key])]);
});
afterAll(() => authority.cleanup());

/** `verified`, or the reason, by the one ring that all of these share. */
function judge(publicKey: Buffer, { payload = PAYLOAD, key = signer } = {}): string {
  const signature = armorLines(forgeSshSignature(key, PAYLOAD, { publicKey }));
  const committer = { name: 'Alice', email: 'alice@example.com', seconds: LATE };
  const terms = { keyTime: 'first-seen', matchEmail: false, firstSeen: LATE } as const;
  const verdict = verifySignature({ payload: Buffer.from(payload), signature, committer }, keyring, terms);
  return verdict.outcome === 'verified' ? 'verified' : verdict.reason;
}

describe('a certificate that its authority is known to have signed (trust rule 2.3)', () => {
  it('is proven once', () => {
    expect([judge(certificate), judge(certificate)]).toEqual(['verified', 'verified']);
    expect(keyring.certifiedKeys.size).toBe(1);
  });

  it('says nothing of a signature: each is verified by itself', () => {
    expect(judge(certificate, { payload: 'Another commit' })).toBe('invalid');
    expect(judge(certificate, { key: createSshForgingKey() })).toBe('invalid');
  });

  it('is another one where any bit differs, and none that is refused is remembered', () => {
    expect(judge(certificate)).toBe('verified');
    for (let at = 0; at < certificate.length; at += 1) {
      const changed = Buffer.from(certificate);
      changed[at] = Number(changed[at]) ^ 1;
      expect(judge(changed), `byte ${at}`).not.toBe('verified');
    }
    expect(judge(reissue(certificate, createSshForgingKey()))).toBe('unknown_key');
    expect(keyring.certifiedKeys.size).toBe(1);
  });

  it('is forgotten before the ring remembers more than a thousand', () => {
    for (let serial = 0; keyring.certifiedKeys.size < 1_000; serial += 1)
      keyring.certifiedKeys.set(String(serial), createPublicKey(signer.privateKey));
    expect(judge(certify(authority, signer.line, { serial: 9 }))).toBe('verified');
    expect(keyring.certifiedKeys.size).toBe(1);
    expect(judge(certificate)).toBe('verified');
  });
});
