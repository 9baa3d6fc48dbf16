import type { Signatory, SigningKey } from '../../shared/model/signatory.ts';
import { parseSshPublicKey } from '../../shared/signatures/ssh/parse-public-key.ts';
import { commitPayload, signedCommit } from './commit-bytes.ts';
import { createForgingKey, forgeSignature } from './forge-openpgp.ts';
import { createSshForgingKey, forgeSshSignature, type SshKind } from './forge-ssh.ts';
import { compileGpgKey, createSignatory } from './signatories.ts';
import { createGpgHome, createGpgKey, createSshKey, type SshKeyOptions, signWithGpg, signWithSsh } from './signing.ts';
import { certify } from './ssh-certificates.ts';

/** A commit that is good, and what signed it. */
export interface SignedKind {
  readonly kind: string;
  readonly raw: Buffer;
}

export interface SignedKinds {
  readonly commits: readonly SignedKind[];
  /** The owners of all their keys. */
  readonly signatories: readonly Signatory[];
}

const GPG = [
  ...['rsa2048', 'rsa3072', 'nistp256', 'nistp384', 'nistp521', 'ed25519'],
  ...['brainpoolP256r1', 'brainpoolP384r1', 'brainpoolP512r1'],
];
/** What GnuPG 2.2 cannot make, and RSA-4096, for which it takes too long. */
const FORGED = [
  ['rsa4096', 4],
  ['ed25519', 4],
  ['ed448', 4],
  ['rsa2048', 6],
  ['p256', 6],
  ['ed25519', 6],
  ['ed448', 6],
] as const;
const SSH: readonly SshKeyOptions[] = [
  { type: 'ed25519' },
  { type: 'rsa', bits: 2048 },
  { type: 'ecdsa', bits: 256 },
  { type: 'ecdsa', bits: 384 },
  { type: 'ecdsa', bits: 521 },
];
const FIDO = ['sk-ed25519', 'sk-p256'] as const;
const CERTIFIED: readonly SshKind[] = ['ed25519', 'rsa2048', 'p256', 'sk-ed25519'];

/** One good commit of every kind of key and signature, made by gpg and ssh-keygen where they can. Each payload is its own. */
export async function createSignedKinds(): Promise<SignedKinds> {
  const commits: SignedKind[] = [];
  const keys: SigningKey[] = [];
  const payloadOf = (kind: string) => commitPayload({ headers: 'encoding UTF-8\n', message: `${kind}\n` });
  const add = (kind: string, signature: Buffer, ...added: readonly SigningKey[]) => {
    commits.push({ kind, raw: signedCommit(payloadOf(kind), signature) });
    keys.push(...added);
  };
  const home = await createGpgHome();
  try {
    for (const algo of GPG) {
      const kind = `OpenPGP ${algo}`;
      const key = await createGpgKey({ home, algo, email: `${algo}@example.com` });
      const signature = await signWithGpg(home, key.fingerprint, payloadOf(kind));
      add(kind, signature, ...(await compileGpgKey(key)).keys);
    }
  } finally {
    await home.cleanup();
  }
  for (const [name, version] of FORGED) {
    const kind = `OpenPGP v${version} ${name}`;
    const key = createForgingKey(name, { version });
    add(kind, forgeSignature(key, payloadOf(kind)), key.record);
  }
  for (const options of SSH) {
    const kind = `SSH ${options.type} ${options.bits ?? ''}`.trimEnd();
    const pair = await createSshKey(options);
    try {
      add(kind, await signWithSsh(pair, payloadOf(kind)), parseSshPublicKey(pair.publicKey));
    } finally {
      await pair.cleanup();
    }
  }
  for (const name of FIDO) {
    const kind = `SSH ${name}`;
    const key = createSshForgingKey(name);
    add(kind, forgeSshSignature(key, payloadOf(kind).toString()), parseSshPublicKey(key.line));
  }
  const authority = await createSshKey();
  try {
    for (const name of CERTIFIED) {
      const kind = `SSH certificate ${name}`;
      const key = createSshForgingKey(name);
      const publicKey = certify(authority, key.line);
      add(kind, forgeSshSignature(key, payloadOf(kind).toString(), { publicKey }));
    }
    keys.push({ ...parseSshPublicKey(authority.publicKey), principals: ['alice@example.com'] });
  } finally {
    await authority.cleanup();
  }
  return { commits, signatories: [createSignatory(keys)] };
}
