import type { Signatory } from '../../shared/model/signatory.ts';
import { compileKeyFiles } from '../../shared/signatures/openpgp/compile-certificates.ts';
import { COMMITTED_AT } from '../support/commit-bytes.ts';
import { createSignatory } from '../support/signatories.ts';
import {
  addGpgSubkey,
  createGpgHome,
  createGpgKey,
  exportPublicKey,
  type GpgHome,
  type GpgKey,
  signWithGpg,
} from '../support/signing.ts';

/** A key of gpg that signs. */
export interface OracleKey {
  readonly name: string;
  readonly key: GpgKey;
  sign(data: Uint8Array, args?: readonly string[], at?: number): Promise<Buffer>;
}

/** A year before the commits of tests. */
export const KEYS_MADE_AT = COMMITTED_AT - 365 * 86_400;

/** Slow to make, so in homes of their own, side by side. */
const HOMES: readonly (readonly string[])[] = [
  ['rsa4096'],
  [
    'rsa3072',
    'rsa2048',
    'rsa1024',
    'dsa2048',
    'nistp256',
    'nistp384',
    'nistp521',
    'ed25519',
    'secp256k1',
    'brainpoolP256r1',
    'brainpoolP384r1',
    'brainpoolP512r1',
  ],
];
const WITH_SUBKEYS: readonly (readonly [primary: string, usage: string, subkey: string])[] = [
  ['ed25519', 'cert', 'rsa2048'],
  ['rsa2048', 'sign', 'nistp256/ecdsa'],
  ['nistp384', 'cert', 'ed25519'],
  ['ed25519', 'sign', 'brainpoolP256r1/ecdsa'],
];

export interface OpenPgpRing {
  readonly keys: readonly OracleKey[];
  /** Every key's owner, as the policy compiles the exported certificates. */
  readonly signatories: readonly Signatory[];
  /** A home with nothing but the public keys. */
  readonly publicHome: GpgHome;
  keyOf(name: string): OracleKey;
  cleanup(): Promise<void>;
}

/** Every algorithm that gpg knows, as primary key and as subkey. */
export async function createOpenPgpRing(): Promise<OpenPgpRing> {
  const [publicHome, ...homes] = await Promise.all([createGpgHome(), ...HOMES.map(() => createGpgHome())]);
  const groups = await Promise.all(
    homes.map(async (home, index) => {
      const keys: OracleKey[] = [];
      for (const algo of HOMES[index] ?? []) keys.push(await createPrimary(home, algo));
      if (index > 0) for (const kind of WITH_SUBKEYS) keys.push(await createSubkey(home, ...kind));
      return keys;
    }),
  );
  const keys = groups.flat();
  const signatories: Signatory[] = [];
  for (const { name, key } of keys) {
    signatories.push(...(await shareCertificate([await exportPublicKey(key)], name, publicHome)));
  }
  return {
    ...{ keys, signatories, publicHome },
    keyOf: (name) => {
      const found = keys.find((key) => key.name === name);
      if (found === undefined) throw new Error(`There is no key ${name}.`);
      return found;
    },
    cleanup: async () => {
      await Promise.all([publicHome, ...homes].map((home) => home.cleanup()));
    },
  };
}

/** Gives exports of one certificate to gpg and to the policy, there each in the file of a signatory of its own. */
export async function shareCertificate(copies: readonly Buffer[], name: string, home: GpgHome): Promise<Signatory[]> {
  for (const input of copies) {
    // gpg imports nothing of a certificate that has no valid user id, and says so: it then knows no such key.
    await home.gpg(['--import', '--quiet'], { input }).catch(() => null);
  }
  return (await compileKeyFiles(copies)).map(({ keys }) => createSignatory(keys, { name }));
}

async function createPrimary(home: GpgHome, algo: string): Promise<OracleKey> {
  const key = await createGpgKey({ home, algo, name: algo, email: `${algo}@example.com`, at: KEYS_MADE_AT });
  return { name: algo, key, sign: signerOf(home, `${key.fingerprint}!`) };
}

async function createSubkey(home: GpgHome, algo: string, usage: string, sub: string): Promise<OracleKey> {
  const name = `${sub.replace('/ecdsa', '')} under ${algo}`;
  const email = `${name.replaceAll(' ', '.')}@example.com`;
  const key = await createGpgKey({ home, algo, usage, name, email, at: KEYS_MADE_AT });
  const subkey = await addGpgSubkey(key, { algo: sub, at: KEYS_MADE_AT + 60 });
  return { name, key, sign: signerOf(home, `${subkey}!`) };
}

function signerOf(home: GpgHome, id: string): OracleKey['sign'] {
  return (data, args = [], at = COMMITTED_AT + 10) => signWithGpg(home, id, data, { at, args });
}
