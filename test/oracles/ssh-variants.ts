import { signedCommit } from '../support/commit-bytes.ts';
import { forgeSshSignature, type SshForgery, type SshForgingKey, sshInteger, sshString } from '../support/forge-ssh.ts';
import type { Variant } from './commit-variants.ts';

/** The order of the group of Ed25519 (RFC 8032, section 5.1). */
const ED25519_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

/** The order of the group of P-256 (FIPS 186-4, D.1.2.3). */
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** Fields of PROTOCOL.sshsig as ssh-keygen would not write them, correctly signed in all else. */
export function craftedSsh(key: SshForgingKey, stranger: SshForgingKey, payload: Buffer): readonly Variant[] {
  const list: (readonly [what: string, forgery: SshForgery])[] = [
    ['as ssh-keygen does', {}],
    ['hash sha256', { hash: 'sha256' }],
    ['hash sha384', { hash: 'sha384' }],
    ['hash sha1', { hash: 'sha1' }],
    ['namespace file', { namespace: 'file' }],
    ['namespace GIT', { namespace: 'GIT' }],
    ['namespace git with a NUL byte', { namespace: 'git\0' }],
    ['no namespace', { namespace: '' }],
    ['a reserved field', { reserved: Buffer.from('x') }],
    ['magic', { magic: 'SSHSIX' }],
    ['version 0', { version: 0 }],
    ['version 2', { version: 2 }],
    ['bytes after all', { afterAll: Buffer.from('x') }],
    ['bytes after the numbers', { afterMaterial: Buffer.from('x') }],
    ['a byte more in the numbers', { material: (bytes) => Buffer.concat([bytes, Buffer.of(0)]) }],
    ['a byte less in the numbers', { material: (bytes) => bytes.subarray(0, -1) }],
    ['a zero before the numbers', { material: (bytes) => Buffer.concat([Buffer.of(0), bytes]) }],
    ['no numbers', { material: () => Buffer.alloc(0) }],
    ['a stranger’s public key', { publicKey: stranger.blob }],
    ['an empty public key', { publicKey: Buffer.alloc(0) }],
    ['a public key that is cut', { publicKey: key.blob.subarray(0, -1) }],
    ['a byte after the public key', { publicKey: Buffer.concat([key.blob, Buffer.of(0)]) }],
    ...[
      'ssh-ed25519',
      'ssh-rsa',
      'rsa-sha2-256',
      'rsa-sha2-512',
      'ecdsa-sha2-nistp256',
      'sk-ssh-ed25519@openssh.com',
      '',
    ].map((algorithm) => [`the algorithm “${algorithm}”`, { algorithm }] as const),
  ];
  if (key.kind === 'rsa2048') {
    list.push(['rsa-sha2-256, rightly', { algorithm: 'rsa-sha2-256', digest: 'sha256' }]);
    list.push(['ssh-rsa with SHA-1, rightly', { algorithm: 'ssh-rsa', digest: 'sha1' }]);
  }
  if (key.kind === 'ed25519') list.push(['the second number plus the order', { material: addOrder }]);
  if (key.kind === 'p256') {
    list.push([
      'numbers with a zero before them',
      { material: (bytes) => sshString(Buffer.concat([Buffer.of(0), firstOf(bytes)])) },
    ]);
    // ECDSA's other root verifies too, everywhere: what it changes is no more than the commit's id (trust rule 1.7).
    list.push(['the other root of its equation', { material: otherRoot }]);
    list.push(['one number alone', { material: (bytes) => sshString(firstOf(bytes)) }]);
  }
  if (key.kind.startsWith('sk-')) {
    for (const flags of [0, 1, 4, 5, 0x40, 0x41, 0xff]) list.push([`FIDO flags 0x${flags.toString(16)}`, { flags }]);
    list.push(['the application of another site', { application: 'https://example.com' }]);
    list.push(['the highest counter', { counter: 0xffffffff }]);
  }
  return list.map(([what, forgery]) => ({
    what: `${key.kind}: ${what}`,
    raw: signedCommit(payload, forgeSshSignature(key, payload.toString(), forgery)),
  }));
}

function addOrder(material: Buffer): Buffer {
  const s = BigInt(`0x${Buffer.from(material.subarray(32)).reverse().toString('hex')}`) + ED25519_ORDER;
  return Buffer.concat([material.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse()]);
}

function otherRoot(material: Buffer): Buffer {
  const r = firstOf(material);
  const s = BigInt(`0x${material.subarray(8 + r.length).toString('hex')}`);
  return Buffer.concat([sshString(r), sshInteger(Buffer.from((P256_ORDER - s).toString(16).padStart(64, '0'), 'hex'))]);
}

function firstOf(material: Buffer): Buffer {
  return material.subarray(4, 4 + material.readUInt32BE(0));
}
