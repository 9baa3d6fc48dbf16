import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createAppJwt } from '../../../shared/forges/app-jwt.ts';

const NOW = Date.UTC(2026, 10, 22, 8, 30, 0, 999);

it('signs in as GitHub documents it: RS256, issued a minute ago, for less than ten', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const [header = '', claims = ''] = createAppJwt('1234', privateKey, NOW).split('.');
  const decode = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  expect(decode(header)).toEqual({ alg: 'RS256', typ: 'JWT' });
  const seconds = Math.floor(NOW / 1000);
  expect(decode(claims)).toEqual({ iat: seconds - 60, exp: seconds + 300, iss: '1234' });
});

it('makes a signature that openssl verifies', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwt = createAppJwt('Iv1.8a61f9b3a7aba766', privateKey, NOW);
  const [, signed = '', signature = ''] = /^([\w-]+\.[\w-]+)\.([\w-]+)$/.exec(jwt) ?? [];
  const folder = await mkdtemp(join(tmpdir(), 'hl-jwt-'));
  try {
    await writeFile(join(folder, 'signature'), Buffer.from(signature, 'base64url'));
    await writeFile(join(folder, 'key.pem'), publicKey.export({ format: 'pem', type: 'spki' }));
    const verify = (input: string) =>
      execFileSync('openssl', ['dgst', '-sha256', '-verify', 'key.pem', '-signature', 'signature'], {
        cwd: folder,
        input,
        encoding: 'utf8',
        stdio: ['pipe', 'pipe', 'ignore'],
      });
    expect(verify(signed)).toContain('Verified OK');
    expect(() => verify(`${signed}x`)).toThrow();
  } finally {
    await rm(folder, { recursive: true });
  }
});
