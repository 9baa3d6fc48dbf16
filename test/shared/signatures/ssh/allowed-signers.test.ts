import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KeyTime } from '../../../../shared/model/signatory.ts';
import { compileAllowedSigners, parseAllowedSigners } from '../../../../shared/signatures/ssh/parse-allowed-signers.ts';
import { createSshForgingKey, forgeSshSignature } from '../../../support/forge-ssh.ts';
import { createSshKey, type SshKeyPair } from '../../../support/signing.ts';
import { certify } from '../../../support/ssh-certificates.ts';
import { keygenAccepts } from '../../../support/ssh-keygen.ts';
import { outcomeOf } from '../../../support/verify-payload.ts';

const PAYLOAD = 'tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\nA message\n';
const signer = createSshForgingKey();
const other = createSshForgingKey('p256');
const NEW_YEAR = Date.UTC(2026, 0, 1) / 1000;

let authority: SshKeyPair;
beforeAll(async () => {
  authority = await createSshKey();
});
afterAll(() => authority.cleanup());

interface Scene {
  readonly names?: readonly string[];
  readonly at?: number;
  readonly keyTime?: KeyTime;
  readonly publicKey?: Buffer;
}

/** Whether Headlock accepts under the file, and whether ssh-keygen does for the first of the names. */
function judge(file: string, { names = ['alice@example.com'], at = NEW_YEAR, keyTime, publicKey }: Scene = {}) {
  const signature = forgeSshSignature(signer, PAYLOAD, publicKey === undefined ? {} : { publicKey });
  const keys = compileAllowedSigners(parseAllowedSigners(Buffer.from(file)), names);
  const time = new Date(at * 1000).toISOString().replace(/[-:T]|\.000/g, '');
  const outcome = outcomeOf({
    payload: PAYLOAD,
    signature,
    keys,
    committedAt: at,
    terms: { firstSeen: at, keyTime: keyTime ?? 'first-seen' },
  });
  const [identity = ''] = names;
  return [outcome, keygenAccepts({ payload: PAYLOAD, signature, allowedSigners: file, identity, at: time })];
}

const GOOD = ['verified', true];
const UNKNOWN = ['unknown_key', false];

describe('a line counts for whom its principals take, as for ssh-keygen', () => {
  it.each<[string, unknown[]]>([
    ['alice@example.com', GOOD],
    ['bob@example.com', UNKNOWN],
    ['bob@example.com,alice@example.com', GOOD],
    ['*', GOOD],
    ['*@example.com', GOOD],
    ['*@*.com', GOOD],
    ['?lice@example.com', GOOD],
    ['?alice@example.com', UNKNOWN],
    ['alice@example.co?', GOOD],
    ['alice@example.com?', UNKNOWN],
    ['alice@example.com*', GOOD],
    ['a*b*c', UNKNOWN],
    ['*,!alice@example.com', UNKNOWN],
    ['!alice@example.com,*', UNKNOWN],
    ['!bob@example.com', UNKNOWN],
    ['!bob@example.com,*@example.com', GOOD],
    ['!*@example.com,alice@example.com', UNKNOWN],
    ['Alice@example.com', UNKNOWN],
    ['"alice@example.com"', GOOD],
    ['"bob smith,alice@example.com"', GOOD],
    [',alice@example.com,', GOOD],
  ])('%s', (principals, expected) => {
    expect(judge(`${principals} ${signer.line}`)).toEqual(expected);
  });

  it('any of the names, byte by byte', () => {
    expect(judge(`b@* ${signer.line}`, { names: ['b@example.com', 'a'] })).toEqual(GOOD);
    expect(judge(`b@* ${signer.line}`, { names: ['a', 'b@example.com'] })).toEqual(['verified', false]);
    expect(judge(`à@* ${signer.line}`, { names: ['à@example.com'] })).toEqual(GOOD);
    expect(judge(`?@* ${signer.line}`, { names: ['à@example.com'] })).toEqual(UNKNOWN);
    expect(judge(`??@* ${signer.line}`, { names: ['à@example.com'] })).toEqual(GOOD);
  });

  it('in a file with comments, blank lines, other keys and line ends of Windows', () => {
    const line = `alice@example.com ${signer.line}`;
    expect(judge(`# comment\n\n  \t\nbob ${other.line}\n \t${line}\n`)).toEqual(GOOD);
    expect(judge(`${line}\r\nbob ${other.line}\r\n`)).toEqual(GOOD);
    expect(judge(`alice@example.com\t${signer.line.replaceAll(' ', '\t')}`)).toEqual(GOOD);
    expect(judge(line.split(' ').slice(0, 3).join(' '))).toEqual(GOOD);
    expect(judge('')).toEqual(UNKNOWN);
  });

  it('of several for one key any, where ssh-keygen takes the first', () => {
    const lines = ['alice@example.com valid-before="20200101"', 'alice@example.com'].map(
      (each) => `${each} ${signer.line}`,
    );
    expect(judge(lines.join('\n'))[0]).toBe('verified');
    expect(judge(lines.toReversed().join('\n'))).toEqual(GOOD);
  });
});

describe('options', () => {
  const under = (options: string, scene?: Scene) => judge(`* ${options} ${signer.line}`, scene);

  it.each<[string, unknown[]]>([
    ['namespaces="git"', GOOD],
    ['NameSpaces="git"', GOOD],
    ['namespaces="file,git"', GOOD],
    ['namespaces="g*"', GOOD],
    ['namespaces="file"', UNKNOWN],
    ['namespaces="*,!git"', UNKNOWN],
    ['namespaces=""', UNKNOWN],
    ['namespaces="git",valid-after="20200101"', GOOD],
    ['cert-authority', UNKNOWN],
  ])('%s', (options, expected) => {
    expect(under(options)).toEqual(expected);
  });

  it('bound the time, in UTC, as ssh-keygen does where its local time is that', () => {
    for (const time of ['20260101', '202601010000', '20260101000000', '20260101Z', '20260101000000Z']) {
      expect(under(`valid-after="${time}"`)).toEqual(GOOD);
      expect(under(`valid-after="${time}"`, { at: NEW_YEAR - 1 })).toEqual(['not_yet_valid_key', false]);
      expect(under(`valid-before="${time}"`)).toEqual(GOOD);
      expect(under(`valid-before="${time}"`, { at: NEW_YEAR + 1 })).toEqual(['expired_key', false]);
    }
    // The policy's own window: no `keyTime` looks past it.
    expect(under('valid-before="20260101"', { at: NEW_YEAR + 1, keyTime: 'ignore' })[0]).toBe('expired_key');
  });

  it('cert-authority admits certificates that name whom the patterns take', () => {
    const publicKey = certify(authority, signer.line, { principals: 'alice@example.com,bob' });
    const line = (principals: string, options = 'cert-authority') => `${principals} ${options} ${authority.publicKey}`;
    expect(judge(line('*'), { publicKey })).toEqual(GOOD);
    expect(judge(line('*'), { publicKey, names: ['bob'] })).toEqual(GOOD);
    expect(judge(line('*'), { publicKey, names: ['carol'] })).toEqual(['not_authorized', false]);
    expect(judge(line('bob'), { publicKey })).toEqual(UNKNOWN);
    expect(judge(line('*', 'cert-authority,namespaces="file"'), { publicKey })).toEqual(UNKNOWN);
    expect(judge(line('*', 'cert-authority,valid-before="20250101"'), { publicKey })).toEqual(['expired_key', false]);
    expect(judge(line('*', 'valid-after="20200101"'), { publicKey })).toEqual(UNKNOWN);
  });
});

describe('a line that cannot be read refuses the file, by its number', () => {
  const key = createSshForgingKey().line;
  it.each([
    'alice',
    'alice ssh-ed25519',
    'alice ssh-ed25519 AAAA',
    `alice ${createSshForgingKey('rsa1024').line}`,
    'alice ssh-dss AAAA',
    'alice ssh-ed25519-cert-v01@openssh.com AAAA',
    `alice no-touch-required ${key}`,
    `alice cert-authority,cert-authority ${key}`,
    `alice namespaces="git",namespaces="git" ${key}`,
    `alice cert-authority="x" ${key}`,
    `alice namespaces=git ${key}`,
    `alice namespaces ${key}`,
    `alice namespaces="git ${key}`,
    `alice namespaces="git\\"" ${key}`,
    `alice namespaces="git", ${key}`,
    `alice ,namespaces="git" ${key}`,
    `alice cert-authoritynamespaces="git" ${key}`,
    `alice valid-after="2026" ${key}`,
    `alice valid-after="20260231" ${key}`,
    `alice valid-after="20260101250000Z" ${key}`,
    `alice valid-after="19700101Z" ${key}`,
    `alice valid-after="tomorrow" ${key}`,
    `alice valid-after="20260101",valid-before="20260101" ${key}`,
    `al"ice ${key}`,
    `"alice ${key}`,
    `"" ${key}`,
    `alice\0 ${key}`,
    `alice cert-authority`,
    `alice cert-authority `,
  ])('%j', (line) => {
    const file = `alice ${key}\n${line}\n`;
    expect(() => parseAllowedSigners(Buffer.from(file))).toThrow(
      expect.objectContaining({
        name: 'HeadlockError',
        code: 'invalid_allowed_signers',
        message: expect.stringContaining('Line 2 cannot be read'),
      }),
    );
  });
});
