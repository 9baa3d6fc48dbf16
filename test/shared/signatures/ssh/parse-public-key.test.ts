import { execFileSync } from 'node:child_process';
import { afterAll, expect, it } from 'vitest';
import { parseSshPublicKey } from '../../../../shared/signatures/ssh/parse-public-key.ts';
import { createSshForgingKey, sshString } from '../../../support/forge-ssh.ts';
import { createSshKey, type SshKeyPair } from '../../../support/signing.ts';

const pairs: SshKeyPair[] = [];
afterAll(() => Promise.all(pairs.map((pair) => pair.cleanup())));

it.each([
  ['ed25519', undefined, 'ssh-ed25519'],
  ['rsa', 2048, 'ssh-rsa'],
  ['ecdsa', 256, 'ecdsa-sha2-nistp256'],
  ['ecdsa', 384, 'ecdsa-sha2-nistp384'],
  ['ecdsa', 521, 'ecdsa-sha2-nistp521'],
] as const)('reads what ssh-keygen writes: %s %s', async (type, bits, name) => {
  const pair = await createSshKey(bits === undefined ? { type } : { type, bits });
  pairs.push(pair);
  const [, fingerprint] = execFileSync('ssh-keygen', ['-l', '-f', `${pair.path}.pub`])
    .toString()
    .split(' ');
  const [, blob] = pair.publicKey.split(' ');
  const expected = { format: 'ssh', type: name, blob, fingerprint };
  expect(parseSshPublicKey(pair.publicKey)).toEqual(expected);
  expect(parseSshPublicKey(`  ${pair.publicKey}\r\n`)).toEqual(expected);
  expect(parseSshPublicKey(`${name}\t${blob}`)).toEqual(expected);
});

const { line, blob } = createSshForgingKey();
const point = createSshForgingKey('p256').blob;

/** The P-256 key with another byte at `index`, in base64. */
function changed(index: number): string {
  return Buffer.from(point.with(index, (point[index] ?? 0) ^ 1)).toString('base64');
}

it.each([
  ['options', `cert-authority ${line}`, 'options'],
  ['an allowed_signers line', `alice@example.com ${line}`, 'options'],
  ['a known option', `namespaces="git" ${line}`, 'options'],
  ['two lines', `${line}\n${line}`, 'more than one line'],
  ['nothing', '', 'options or a name'],
  ['a private key', '-----BEGIN OPENSSH PRIVATE KEY-----', 'form of a .pub file'],
  ['DSA', 'ssh-dss AAAA', 'DSA'],
  ['a security key that is cut', 'sk-ssh-ed25519@openssh.com AAAA', 'cannot be read'],
  ['a certificate', 'ssh-ed25519-cert-v01@openssh.com AAAA', 'certificate'],
  ['RSA of 1024 bits', createSshForgingKey('rsa1024').line, '1024 bits'],
  ['another type', line.replace('ssh-ed25519', 'ssh-rsa'), 'another type'],
  ['another type within', `ssh-ed25519 ${sshString(Buffer.from('ssh-dss')).toString('base64')}`, 'type is not one'],
  ['no key', 'ssh-ed25519', 'base64'],
  ['broken base64', line.replace('AAAAC', 'AA*AC'), 'base64'],
  ['a key that is cut', `ssh-ed25519 ${blob.subarray(0, -3).toString('base64')}`, 'ends too early'],
  ['bytes after the key', `ssh-ed25519 ${Buffer.concat([blob, Buffer.alloc(3)]).toString('base64')}`, 'data follows'],
  [
    'a short key',
    `ssh-ed25519 ${Buffer.concat([sshString(Buffer.from('ssh-ed25519')), sshString(Buffer.alloc(31))]).toString('base64')}`,
    'length',
  ],
  ['a point off its curve', `ecdsa-sha2-nistp256 ${changed(point.length - 1)}`, 'no valid key'],
  ['a compressed point', `ecdsa-sha2-nistp256 ${changed(point.length - 65)}`, 'uncompressed'],
  ['the curve of another type', `ecdsa-sha2-nistp256 ${changed(point.length - 70)}`, 'curve'],
  ['a long line', `${line}${' '.repeat(20_000)}`, 'too long'],
])('refuses %s', (_name, text, message) => {
  expect(() => parseSshPublicKey(text)).toThrow(
    expect.objectContaining({
      name: 'HeadlockError',
      code: 'invalid_ssh_public_key',
      kind: 'input',
      message: expect.stringContaining(message),
    }),
  );
});
