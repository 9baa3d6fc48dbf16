import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fingerprintOf, knownHostName, parseKnownHosts } from '../../../shared/git/ssh-known-hosts.ts';
import { createKeyFile, KEY_TYPES } from '../../support/ssh-server.ts';

const folder = mkdtempSync('/tmp/hl-known-');
const keys: string[] = [];
beforeAll(async () => {
  for (const type of KEY_TYPES) keys.push((await createKeyFile(join(folder, type), type)).publicKey);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const NAMES = [
  'git.example.com',
  'a.example.com',
  'example.com',
  '192.0.2.7',
  '2001:db8::1',
  '[git.example.com]:2222',
  '[2001:db8::1]:2222',
  'git.example.comx',
];

/** What `ssh-keygen -F` finds: OpenSSH's own reading of the file. */
function findWithKeygen(file: string, name: string): boolean {
  return spawnSync('ssh-keygen', ['-F', name, '-f', file]).status === 0;
}

describe('a line takes the hosts that OpenSSH takes', () => {
  test.each([
    'git.example.com',
    'Git.Example.COM',
    'git.example.com,192.0.2.7',
    '*.example.com',
    '*.example.com,!a.example.com',
    '!a.example.com,*',
    '!a.example.com',
    'g?t.example.com',
    '[git.example.com]:2222',
    '[*]:2222',
    '[git.example.com]:*',
    '192.0.2.*',
    '2001:db8::1',
    '[2001:db8::1]:2222',
    '*',
  ])('%s', (hosts) => {
    const line = `${hosts} ${keys[0]} a comment\n`;
    const file = join(folder, 'known_hosts');
    writeFileSync(file, line);
    const [known] = parseKnownHosts(line);
    expect(NAMES.filter((name) => known?.takes(name))).toEqual(NAMES.filter((name) => findWithKeygen(file, name)));
  });

  test('hashed by ssh-keygen', () => {
    const file = join(folder, 'hashed');
    writeFileSync(
      file,
      NAMES.slice(0, 7)
        .map((name) => `${name} ${keys[0]}\n`)
        .join(''),
    );
    execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
    const text = readFileSync(file, 'utf8');
    expect(text).toMatch(/^(?:\|1\|\S+ \S+ \S+\n){7}$/);
    const lines = parseKnownHosts(text);
    expect(NAMES.map((name) => lines.filter(({ takes }) => takes(name)).length)).toEqual([1, 1, 1, 1, 1, 1, 1, 0]);
  });
});

test('keys of every type have the fingerprints that ssh-keygen shows', () => {
  const lines = parseKnownHosts(keys.map((key) => `host ${key}`).join('\r\n'));
  const file = join(folder, 'all.pub');
  writeFileSync(file, keys.join('\n'));
  const shown = execFileSync('ssh-keygen', ['-l', '-f', file], { encoding: 'utf8' });
  expect(lines.map(({ key }) => fingerprintOf(key.blob))).toEqual(shown.match(/SHA256:\S+/g));
  expect(lines.map(({ key }) => key.type)).toEqual(keys.map((key) => key.split(' ')[0]));
});

test('comments, empty lines and white space are let through; @revoked is told', () => {
  const text = `# a comment\n\n  \t# another\n \thost \t ${keys[0]}\n@revoked * ${keys[1]} why\n`;
  expect(parseKnownHosts(text).map(({ isRevoked }) => isRevoked)).toEqual([false, true]);
});

test.each([
  ['a name as known_hosts writes it', { host: 'h', port: 22 }, 'h'],
  ['another port', { host: 'h', port: 2222 }, '[h]:2222'],
  ['an address', { host: '::1', port: 2222 }, '[::1]:2222'],
])('%s', (_, url, name) => {
  expect(knownHostName(url)).toBe(name);
});

describe('a line that cannot be read refuses the whole file, by its number', () => {
  const rsa1024 = `ssh-rsa ${encode('ssh-rsa', Buffer.from([1, 0, 1]), Buffer.from(`00${'c'.repeat(256)}`, 'hex'))}`;
  test.each([
    ['no key', () => 'host'],
    ['no base64', () => 'host ssh-ed25519 ????'],
    ['a key of another type', () => `host ssh-ed25519 ${keys[1]?.split(' ')[1]}`],
    ['a key that is cut off', () => `host ${keys[4]?.slice(0, 300)}`],
    ['DSA', () => `host ssh-dss ${encode('ssh-dss')}`],
    ['weak RSA', () => `host ${rsa1024}`],
    ['an unknown marker', () => `@trusted host ${keys[0]}`],
    ['a hash of another kind', () => `|2|AAAA|AAAA ${keys[0]}`],
    ['a hash in a list', () => `host,|1|${'A'.repeat(27)}=|${'A'.repeat(27)}= ${keys[0]}`],
    ['an empty pattern', () => `host,,other ${keys[0]}`],
    ['a certificate authority', () => `@cert-authority * ${keys[0]}`],
  ])('%s', (_, line) => {
    const text = `other ${keys[0]}\n# comment\n${line()}\n`;
    expect(() => parseKnownHosts(text)).toThrow(/^Line 3 of the known_hosts file .*headlock apply/);
  });
});

function encode(...fields: readonly (string | Buffer)[]): string {
  const parts = fields.map((each) => Buffer.from(each as string));
  const lengths = parts.map(({ length }) => Buffer.from([0, 0, length >> 8, length & 255]));
  return Buffer.concat(parts.flatMap((part, index) => [lengths[index] as Buffer, part])).toString('base64');
}
