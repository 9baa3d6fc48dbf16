import { createPrivateKey } from 'node:crypto';
import * as openpgp from 'openpgp';
import { createForgingKey, type Forgery, forgeSignature } from '../../support/forge-openpgp.ts';
import { createForgedSigner, createGpgSigner, forgeCertificate } from './keys.ts';
import { type Area, KEYS_MADE, SIGNED, type Signer, type Workshop } from './workshop.ts';

const WEAK = 'locked at T on A: weak_algorithm';
const TRUSTED = 'trusted A';

/** Trust rules 2.2, 2.5: with which algorithms a signature counts. */
export async function makeAlgorithms(workshop: Workshop): Promise<Area> {
  const area = workshop.area();
  const forger = createForgedSigner();
  area.files['forged.asc'] = forgeCertificate(forger.key);
  const sign = async (
    name: string,
    expect: string,
    signer: Signer,
    { file, row, made = 'gpg.', rule = '2.5' }: { file: string; row?: string; made?: string; rule?: string | string[] },
  ) => {
    const history = await area.history();
    await history.commit('A', {}, signer);
    const policy = { signatories: [{ name: 'Alice', openpgp: file }] };
    area.record(history, { policy, rule, made, name, expect, ...(row !== undefined && { row }) });
  };

  for (const algo of [
    'rsa2048',
    'rsa3072',
    'nistp256',
    'nistp384',
    'nistp521',
    'ed25519',
    'brainpoolP256r1',
    'brainpoolP384r1',
    'brainpoolP512r1',
  ]) {
    const signer = await createGpgSigner(workshop, { algo, name: algo, email: `${algo.toLowerCase()}@example.com` });
    const file = `${algo}.asc`;
    area.files[file] = await signer.certificate();
    const rule = ['2.2', '2.5'];
    await sign(`${algo} with its usual digest`, TRUSTED, signer.sign, { file, rule });
    const withDigest = (digest: string) => signer.by({ args: ['--digest-algo', digest, '--allow-weak-digest-algos'] });
    if (algo === 'rsa2048') {
      await sign('SHA-1 under RSA', WEAK, withDigest('SHA1'), { file, row: 'SHA-1 digest' });
      await sign('RIPEMD-160 under RSA', WEAK, withDigest('RIPEMD160'), { file, row: 'RIPEMD digest' });
      await sign('SHA-224 under RSA', WEAK, withDigest('SHA224'), { file });
      await sign('SHA-512 under RSA', TRUSTED, withDigest('SHA512'), { file, rule });
    }
    if (algo === 'ed25519') {
      await sign('SHA-1 with Ed25519', WEAK, withDigest('SHA1'), { file, row: 'SHA-1 digest' });
      await sign('SHA-224 with Ed25519', WEAK, withDigest('SHA224'), {
        file,
        row: 'SHA-224 with Ed25519',
        rule: '2.2',
      });
    }
  }

  const made = 'Packets put together by hand and signed with node:crypto.';
  for (const [name, hash, row] of [
    ['MD5', 1, 'MD5 digest'],
    ['RIPEMD-160', 3, 'RIPEMD digest'],
  ] as const) {
    await sign(`${name} with Ed25519`, WEAK, forger.by({ hash }), { file: 'forged.asc', row, made });
  }
  await sign('SHA3-256 with Ed25519', 'locked at T on A: unknown_signature_type', forger.by({ hash: 12 }), {
    ...{ file: 'forged.asc', made, rule: '2.2' },
  });
  await sign("another algorithm's number under the key", 'locked at T on A: invalid', forger.by({ algorithm: 27 }), {
    ...{ file: 'forged.asc', made, rule: '2.2' },
  });

  const p384 = await createP384Signer();
  area.files['short-digest.asc'] = p384.certificate;
  const short = { file: 'short-digest.asc', rule: '2.2', made: 'A key of openpgp.js; packets put together by hand.' };
  await sign('SHA-256 with P-384', WEAK, p384.by({ hash: 8 }), short);
  await sign('SHA-384 with P-384', TRUSTED, p384.by({ hash: 9 }), short);

  // A policy needs one key that can sign, so that of another person stands in the same file.
  for (const [algo, row] of [
    ['rsa1024', 'RSA-1024'],
    ['dsa2048', 'DSA'],
  ] as const) {
    const signer = await createGpgSigner(workshop, { algo, name: row, email: `${algo}@example.com` });
    const file = `${algo}.asc`;
    area.files[file] = `${await signer.certificate()}${area.files['forged.asc']}`;
    await sign(row, WEAK, signer.sign, { file, row });
  }

  // As gpg made them long ago: whoever finds a collision of SHA-1 can move such a statement to another key.
  const weakly = ['--cert-digest-algo', 'SHA1', '--allow-weak-digest-algos'];
  const { home } = workshop;
  const statement = await createGpgSigner(workshop, {
    ...{ algo: 'rsa2048', name: 'Statement', email: 'statement@example.com' },
    home: { ...home, gpg: (args, options) => home.gpg([...weakly, ...args], options) },
  });
  area.files['sha1-statement.asc'] = `${await statement.certificate()}${area.files['forged.asc']}`;
  await sign('a key whose certificate rests on SHA-1', 'locked at T on A: not_signing_key', statement.sign, {
    ...{ file: 'sha1-statement.asc', rule: ['2.2', '2.5'], row: 'SHA-1 digest' },
    made: '`gpg --cert-digest-algo SHA1`.',
  });
  return area;
}

/** gpg signs nothing with a digest that is too short, so its own key does it by hand. */
async function createP384Signer() {
  const { privateKey, publicKey } = await openpgp.generateKey({
    type: 'ecc',
    curve: 'nistP384',
    userIDs: { name: 'Alice', email: 'alice@example.com' },
    date: new Date(KEYS_MADE * 1000),
    format: 'object',
  });
  const { publicParams, privateParams } = privateKey.keyPacket as unknown as EcParameters;
  const point = { x: toBase64Url(publicParams.Q.subarray(1, 49)), y: toBase64Url(publicParams.Q.subarray(49)) };
  const jwk = { kty: 'EC', crv: 'P-384', ...point, d: toBase64Url(privateParams.d) };
  const key = createForgingKey('p384', { fingerprint: privateKey.getFingerprint() });
  const forger = { ...key, privateKey: createPrivateKey({ key: jwk, format: 'jwk' }) };
  const by = (forgery: Forgery): Signer => {
    return (payload) => forgeSignature(forger, payload, { created: SIGNED, ...forgery });
  };
  return { by, certificate: publicKey.armor() };
}

interface EcParameters {
  readonly publicParams: { readonly Q: Uint8Array };
  readonly privateParams: { readonly d: Uint8Array };
}

function toBase64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}
