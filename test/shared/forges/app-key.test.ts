import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseAppKey } from '../../../shared/forges/app-key.ts';

const openssl = (args: readonly string[], input?: string) =>
  execFileSync('openssl', args, { encoding: 'utf8', input, stdio: ['pipe', 'pipe', 'ignore'] });
const pkcs1 = openssl(['genrsa', '-traditional', '2048']);
const pkcs8 = openssl(['pkcs8', '-topk8', '-nocrypt'], pkcs1);

describe('parseAppKey', () => {
  it('reads a key as GitHub hands it out, and as PKCS#8', () => {
    expect(pkcs1).toContain('BEGIN RSA PRIVATE KEY');
    expect(pkcs8).toContain('BEGIN PRIVATE KEY');
    const [one, other] = [parseAppKey(pkcs1), parseAppKey(`\n${pkcs8}\n`)];
    expect(one.equals(other)).toBe(true);
    expect(one.asymmetricKeyDetails?.modulusLength).toBe(2048);
  });

  const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey.export({
    format: 'pem',
    type: 'pkcs8',
  });
  it.each([
    ['a short key', openssl(['genrsa', '1024']), 'an RSA key of 1024 bits, and 2048 are the least'],
    ['a key of a curve', openssl(['genpkey', '-algorithm', 'ed25519']), 'It is no RSA key'],
    ['a key for another padding', String(pss), 'It is no RSA key'],
    ['a locked key', openssl(['rsa', '-aes128', '-passout', 'pass:x', '-traditional'], pkcs1), 'is encrypted'],
    ['a locked PKCS#8', openssl(['pkcs8', '-topk8', '-passout', 'pass:x'], pkcs1), 'is encrypted'],
    ['a public key', openssl(['rsa', '-pubout'], pkcs1), 'no private key in PEM'],
    ['half a key', pkcs1.slice(0, 800), 'no private key in PEM'],
    ['a token', 'ghp_0123456789', 'no private key in PEM'],
  ])('refuses %s, says what is needed, and repeats nothing', (_, text, message) => {
    const lines = text.split('\n').filter((line) => line.length > 8 && !line.startsWith('-'));
    try {
      parseAppKey(text);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({
        code: 'invalid_app_key',
        kind: 'input',
        message: expect.stringContaining(message),
      });
      const told = `${String(error)} ${JSON.stringify(error)} ${(error as Error).stack}`;
      for (const line of lines) expect(told).not.toContain(line);
    }
  });
});
