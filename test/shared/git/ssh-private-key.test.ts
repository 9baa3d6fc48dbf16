import { execFileSync } from 'node:child_process';
import { createPublicKey, verify } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readPrivateKey, SHA1_ONLY } from '../../../shared/git/ssh-private-key.ts';
import { convertKey, createKeyFile, KEY_TYPES, type SshKeyFiles } from '../../support/ssh-server.ts';

const folder = mkdtempSync('/tmp/hl-key-');
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;
const newPath = () => {
  count += 1;
  return join(folder, `key-${count}`);
};
const openssl = (...args: string[]) => {
  const path = newPath();
  execFileSync('openssl', [...args, '-out', path], { stdio: 'pipe' });
  return readFileSync(path, 'utf8');
};
const PASSPHRASE = 'correct horse, "battery" ä';

/** That it signs for its public key: ssh2 signs ECDSA in DER, which Node verifies as it is. */
function expectWorking(text: string, passphrase: string | null, publicKey?: string): void {
  const key = readPrivateKey(text, passphrase);
  const hash = key.type === 'ssh-rsa' ? 'sha512' : undefined;
  const signed = key.sign('data', hash);
  const digest = { 'ecdsa-sha2-nistp256': 'sha256', 'ecdsa-sha2-nistp384': 'sha384', 'ecdsa-sha2-nistp521': 'sha512' };
  const algorithm = hash ?? digest[key.type as keyof typeof digest] ?? null;
  expect(verify(algorithm, Buffer.from('data'), createPublicKey(key.getPublicPEM()), signed)).toBe(true);
  if (publicKey !== undefined) expect(`${key.type} ${key.getPublicSSH().toString('base64')}`).toBe(publicKey);
}

describe.each(KEY_TYPES)('%s', (type) => {
  let key: SshKeyFiles;
  beforeAll(async () => {
    key = await createKeyFile(newPath(), type);
  });

  test.each([
    ['as OpenSSH writes it', null, []],
    ['as OpenSSH encrypts it', PASSPHRASE, []],
    ['in PEM', null, ['-m', 'PEM']],
    ['in PEM, encrypted', PASSPHRASE, ['-m', 'PEM']],
    ['in PKCS#8', null, ['-m', 'PKCS8']],
    ['in PKCS#8, encrypted', PASSPHRASE, ['-m', 'PKCS8']],
  ])('%s', async (_, passphrase, format) => {
    const args = passphrase === null ? format : [...format, '-N', passphrase, '-a', '2'];
    const privateKey = await convertKey(key.privateKey, ...args);
    const { publicKey } = key;
    expect(
      /ENCRYPTED|bcrypt/.test(privateKey + Buffer.from(privateKey.split('\n')[1] ?? '', 'base64').toString('latin1')),
    ).toBe(passphrase !== null);
    expectWorking(privateKey, passphrase, publicKey);
    if (passphrase !== null) return;
    // As `headlock secret set` stores it, and as Windows writes it with a passphrase that is not needed.
    expectWorking(privateKey.trimEnd(), null, publicKey);
    expectWorking(privateKey.replaceAll('\n', '\r\n'), 'not needed', publicKey);
  });
});

test('ed25519 as openssl writes it, without and with a passphrase', () => {
  expectWorking(openssl('genpkey', '-algorithm', 'ed25519'), null);
  expectWorking(openssl('genpkey', '-algorithm', 'ed25519', '-aes256', '-pass', `pass:${PASSPHRASE}`), PASSPHRASE);
});

test.each([
  'aes256-cbc',
  'aes128-ctr',
  'aes256-gcm@openssh.com',
])('a key that OpenSSH encrypts by %s', async (cipher) => {
  const args = ['-N', PASSPHRASE, '-a', '2', '-Z', cipher];
  const { privateKey, publicKey } = await createKeyFile(newPath(), 'ed25519');
  expectWorking(await convertKey(privateKey, ...args), PASSPHRASE, publicKey);
});

test('rule 2.5: RSA does not sign with SHA-1', () => {
  const key = readPrivateKey(openssl('genpkey', '-algorithm', 'rsa'), null);
  for (const hash of ['sha1', undefined]) expect(key.sign('data', hash)).toEqual(new Error(SHA1_ONLY));
});

describe('rule 7.3: what cannot be read is told without a word of it', () => {
  const reasonOf = (text: string, passphrase: string | null): string => {
    try {
      readPrivateKey(text, passphrase);
    } catch (error) {
      const { code, message, cause } = error as { code: string; message: string; cause: unknown };
      expect({ code, cause }).toEqual({ code: 'refused_credentials', cause: undefined });
      for (const line of text.split('\n').filter(({ length }) => length > 8))
        expect(message).not.toContain(line.slice(0, 12));
      if (passphrase !== null) expect(message).not.toContain(passphrase);
      return message;
    }
    return 'read';
  };

  test.each([[], ['-m', 'PEM'], ['-m', 'PKCS8']])('a passphrase that lacks or is wrong: %s %s', async (...format) => {
    const plain = await createKeyFile(newPath(), 'ecdsa-256');
    const privateKey = await convertKey(plain.privateKey, ...format, '-N', PASSPHRASE, '-a', '2');
    expect(reasonOf(privateKey, null)).toContain('is encrypted');
    expect(reasonOf(privateKey, 'wrong-passphrase')).toContain('does not open');
  });

  test('no private key, part of one, or one of another kind', async () => {
    const { privateKey, publicKey } = await createKeyFile(newPath(), 'ed25519');
    const cut = privateKey.replace(/\n.+\n-----END/, '\n-----END');
    const dsa = newPath();
    execFileSync('ssh-keygen', ['-q', '-t', 'dsa', '-N', '', '-f', dsa], { stdio: 'pipe' });
    const others = [openssl('genpkey', '-algorithm', 'ed448'), readFileSync(dsa, 'utf8')];
    const empty = Buffer.from('openssh-key-v1\0\0\0\0\x04none\0\0\0\x04none\0\0\0\0\0\0\0\0').toString('base64');
    const none = `-----BEGIN OPENSSH PRIVATE KEY-----\n${empty}\n-----END OPENSSH PRIVATE KEY-----\n`;
    for (const text of [publicKey, cut, none, 'secret-token-of-a-forge', '', ...others])
      expect(reasonOf(text, null)).toContain('cannot be read');
  });
});
