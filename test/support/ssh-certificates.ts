import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type SshForgery, type SshForgingKey, signInner, sshString } from './forge-ssh.ts';
import type { SshKeyPair } from './signing.ts';

export interface CertificateOptions {
  readonly principals?: string;
  readonly keyId?: string;
  readonly serial?: number;
  /** As `ssh-keygen -V` takes it. */
  readonly validity?: string;
  /** More arguments of `ssh-keygen -s`. */
  readonly args?: readonly string[];
}

/** The blob of a certificate that ssh-keygen makes for a public key, whoever holds the private one. */
export function certify(authority: SshKeyPair, line: string, options: CertificateOptions = {}): Buffer {
  const { principals = 'alice@example.com', keyId = 'alice', serial = 5, validity, args = [] } = options;
  const folder = mkdtempSync('/tmp/hl-cert-');
  try {
    const file = join(folder, 'key.pub');
    writeFileSync(file, `${line}\n`);
    const all = ['-q', '-s', authority.path, '-I', keyId, '-z', String(serial), ...args];
    if (principals !== '') all.push('-n', principals);
    if (validity !== undefined) all.push('-V', validity);
    execFileSync('ssh-keygen', [...all, file], { stdio: 'pipe', env: { ...process.env, TZ: 'UTC' } });
    const [, blob = ''] = readFileSync(join(folder, 'key-cert.pub'), 'utf8').split(' ');
    return Buffer.from(blob, 'base64');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export interface Reissue {
  readonly authorityBlob?: Buffer;
  readonly forgery?: SshForgery;
  /** Changes what is certified before it is signed. */
  readonly change?: (body: Buffer) => Buffer;
}

/** The same certificate for the same key by another authority, signed anew in node:crypto. */
export function reissue(
  certificate: Buffer,
  authority: SshForgingKey,
  { authorityBlob = authority.blob, forgery = {}, change = (body) => body }: Reissue = {},
): Buffer {
  const body = Buffer.concat([change(withoutAuthority(certificate)), sshString(authorityBlob)]);
  return Buffer.concat([body, sshString(signInner(authority, body, forgery))]);
}

/** Walks an Ed25519 or ECDSA certificate up to the key that signed it. */
function withoutAuthority(certificate: Buffer): Buffer {
  let offset = 0;
  const skip = (count: number) => {
    for (let index = 0; index < count; index += 1) offset += 4 + certificate.readUInt32BE(offset);
  };
  const isEcdsa = certificate.toString('latin1', 4, 9) === 'ecdsa';
  skip(isEcdsa ? 4 : 3); // Type, nonce, curve, key.
  offset += 8 + 4; // Serial, type.
  skip(2); // Key id, principals.
  offset += 16; // Validity.
  skip(3); // Critical options, extensions, reserved.
  return certificate.subarray(0, offset);
}
