import { describe, expect, it } from 'vitest';
import { describeSignature } from '../../../cli/audit/signer.ts';
import { armorLines } from '../../../shared/signatures/armor-lines.ts';
import { createForgingKey, forgeSignature, issuerKeyId } from '../../support/forge-openpgp.ts';
import { createSshForgingKey, forgeSshSignature } from '../../support/forge-ssh.ts';
import { armorCms, createX509World } from '../../support/x509-signing.ts';

const PAYLOAD = Buffer.from('tree …');
const describeOf = (armor: Uint8Array | string) => describeSignature(PAYLOAD, armorLines(Buffer.from(armor)));

describe('who signed, as a signature says', () => {
  const key = createForgingKey();

  it('is a fingerprint and a time in OpenPGP', () => {
    expect(describeOf(forgeSignature(key, PAYLOAD, { created: 1_700_000_100 }))).toEqual({
      signer: { format: 'openpgp', id: key.record.fingerprint, algorithm: 'EdDSA', sshKey: null, identity: null },
      signedAt: 1_700_000_100,
    });
  });

  it('is a key id where the signature names no more', () => {
    const forgery = { hashed: [[2, Buffer.alloc(4)] as const], unhashed: [issuerKeyId(key.record)] };
    expect(describeOf(forgeSignature(key, PAYLOAD, forgery)).signer.id).toBe(key.record.keyId);
  });

  it.each([
    ['SHA-1', { hash: 2 }, 'EdDSA, SHA-1'],
    ['DSA', { algorithm: 17 }, 'DSA'],
    ['an unknown algorithm and digest', { algorithm: 99, hash: 98 }, 'algorithm 99, digest 98'],
  ])('is named of %s too, which is refused when it is judged', (_, forgery, algorithm) => {
    const { signer } = describeOf(forgeSignature(key, PAYLOAD, forgery));
    expect(signer).toMatchObject({ id: key.record.fingerprint, algorithm });
  });

  it('is an SSH key, which the signature carries', () => {
    const ssh = createSshForgingKey();
    const { signer, signedAt } = describeOf(forgeSshSignature(ssh, PAYLOAD.toString()));
    const sshKey = ssh.line.replace(' alice@example.com', '');
    expect(signer).toMatchObject({ format: 'ssh', algorithm: 'ssh-ed25519', sshKey });
    expect({ id: signer.id, signedAt }).toEqual({ id: expect.stringMatching(/^SHA256:.{43}$/), signedAt: null });
  });

  it('is the identity of an X.509 certificate that made it, and of no other', () => {
    const world = createX509World();
    try {
      const good = describeOf(armorCms(world.sign(PAYLOAD.toString())));
      expect(good.signer).toMatchObject({ format: 'x509', identity: { issuer: null }, algorithm: 'X.509' });
      expect(good.signer.id).toBe(good.signer.identity?.identity);
      expect(describeOf(armorCms(world.sign('another commit'))).signer.id).toBeNull();
    } finally {
      world.openssl.remove();
    }
  });

  it.each([
    ['-----BEGIN PGP SIGNATURE-----\n\nnonsense\n-----END PGP SIGNATURE-----\n', 'openpgp'],
    ['-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----\n', 'ssh'],
    ['-----BEGIN SIGNED MESSAGE-----\nAAAA\n-----END SIGNED MESSAGE-----\n', 'x509'],
    ['something else', 'openpgp'],
  ])('is nobody in %j', (armor, format) => {
    const nobody = { format, id: null, algorithm: null, sshKey: null, identity: null };
    expect(describeOf(armor)).toEqual({ signer: nobody, signedAt: null });
  });
});
