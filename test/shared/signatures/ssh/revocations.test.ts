import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseSshPublicKey } from '../../../../shared/signatures/ssh/parse-public-key.ts';
import { parseRevocationList } from '../../../../shared/signatures/ssh/parse-revocation-list.ts';
import { createSshForgingKey, forgeSshSignature, sshString } from '../../../support/forge-ssh.ts';
import { createSignatory } from '../../../support/signatories.ts';
import { createSshKey, type SshKeyPair } from '../../../support/signing.ts';
import { type CertificateOptions, certify } from '../../../support/ssh-certificates.ts';
import { createKrl, keygenAccepts } from '../../../support/ssh-keygen.ts';
import { outcomeOf } from '../../../support/verify-payload.ts';

const PAYLOAD = 'tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\nA message\n';
const signer = createSshForgingKey();
const other = createSshForgingKey('p256');
const fingerprintOf = ({ line }: { line: string }) => parseSshPublicKey(line).fingerprint;

let authority: SshKeyPair;
let stranger: SshKeyPair;
beforeAll(async () => {
  [authority, stranger] = await Promise.all([createSshKey(), createSshKey()]);
});
afterAll(() => Promise.all([authority.cleanup(), stranger.cleanup()]));

const GOOD = ['verified', true];
const REVOKED = ['revoked_key', false];

/** What Headlock says of a plain signature under the list, and whether ssh-keygen accepts it. */
function judge(list: Uint8Array | string) {
  const signature = forgeSshSignature(signer, PAYLOAD);
  const allowedSigners = `alice@example.com ${signer.line}`;
  return [
    outcomeOf({ payload: PAYLOAD, signature, signatories: signatoriesOf(list, false) }),
    keygenAccepts({ payload: PAYLOAD, signature, allowedSigners, revocations: list }),
  ];
}

/** The same of a certificate of the authority. */
function judgeCertificate(list: Uint8Array | string, options: CertificateOptions = {}) {
  const signature = forgeSshSignature(signer, PAYLOAD, { publicKey: certify(authority, signer.line, options) });
  const allowedSigners = `alice@example.com cert-authority ${authority.publicKey}`;
  return [
    outcomeOf({ payload: PAYLOAD, signature, signatories: signatoriesOf(list, true) }),
    keygenAccepts({ payload: PAYLOAD, signature, allowedSigners, revocations: list }),
  ];
}

/** The list is another signatory's: it counts for all. */
function signatoriesOf(list: Uint8Array | string, isAuthority: boolean) {
  const key = isAuthority
    ? { ...parseSshPublicKey(authority.publicKey), principals: ['alice@example.com'] }
    : parseSshPublicKey(signer.line);
  const sshRevocations = parseRevocationList(Buffer.from(list));
  return [createSignatory([key]), createSignatory([], { name: 'Bob', sshRevocations })];
}

describe('a plain list', () => {
  it('revokes keys, as ssh-keygen does', () => {
    expect(judge(`# lost\n\n${other.line}\n`)).toEqual(GOOD);
    expect(judge(`# lost\n\n${other.line}\r\n  ${signer.line}\n`)).toEqual(REVOKED);
    expect(judgeCertificate(signer.line)).toEqual(REVOKED);
    expect(judgeCertificate(authority.publicKey)).toEqual(REVOKED);
    expect(judgeCertificate(other.line)).toEqual(GOOD);
  });

  it('revokes fingerprints', () => {
    expect(judge(`${fingerprintOf(signer)}\n`)[0]).toBe('revoked_key');
    expect(judge(`${fingerprintOf(other)}\n`)[0]).toBe('verified');
  });

  it('revokes weak keys too', () => {
    const weak = createSshForgingKey('rsa1024');
    expect(parseRevocationList(Buffer.from(weak.line)).fingerprints).toHaveLength(1);
    const dsa = `ssh-dss ${sshString(Buffer.from('ssh-dss')).toString('base64')}`;
    expect(parseRevocationList(Buffer.from(dsa)).fingerprints).toHaveLength(1);
  });

  it.each([
    'alice',
    'ssh-ed25519 AAAA',
    `alice ${signer.line}`,
    'SHA256:short',
    'MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48',
    `ssh-ed25519 ${signer.blob.subarray(0, -3).toString('base64')}`,
    signer.line.replace('ssh-ed25519', 'ssh-rsa'),
    'ssh-ed25519-cert-v01@openssh.com AAAA',
  ])('is refused with the line %j, by its number', (line) => {
    expect(() => parseRevocationList(Buffer.from(`${other.line}\n${line}\n`))).toThrow(
      expect.objectContaining({
        code: 'invalid_revocation_list',
        message: expect.stringContaining('Line 2 cannot be read'),
      }),
    );
  });

  it('is refused where it is too long', () => {
    const list = `${fingerprintOf(signer)}\n`.repeat(20_001);
    expect(() => parseRevocationList(Buffer.from(list))).toThrow('more than 20000 entries');
  });
});

describe('a KRL that ssh-keygen made', () => {
  it.each(['key: ', 'sha1: ', 'sha256: '])('revokes keys by `%s`', (how) => {
    expect(judge(createKrl([`${how}${signer.line}`]))).toEqual(REVOKED);
    expect(judge(createKrl([`${how}${other.line}`]))).toEqual(GOOD);
    expect(judgeCertificate(createKrl([`${how}${signer.line}`]))).toEqual(REVOKED);
    expect(judgeCertificate(createKrl([`${how}${authority.publicKey}`]))).toEqual(REVOKED);
  });

  it('revokes fingerprints', () => {
    expect(judge(createKrl([`hash: ${fingerprintOf(signer)}`]))).toEqual(REVOKED);
    expect(judge(createKrl([`hash: ${fingerprintOf(other)}`]))).toEqual(GOOD);
  });

  const scattered = (serials: readonly number[]) =>
    createKrl(
      serials.map((each) => `serial: ${each}`),
      authority.publicKey,
    );

  it.each<[string, readonly number[]]>([
    ['a list', [5, 90_000_000, 7_000_000_000]],
    ['a range', [3, 4, 5, 6, 7, 8, 9, 10, 11, 12]],
    ['a bitmap', [1, 3, 5, 7, 9, 11, 13, 14, 15, 17, 19, 21, 23, 25, 33, 40]],
  ])('revokes serials in %s', (_name, serials) => {
    for (const serial of [0, 1, 2, 3, 4, 5, 6, 8, 12, 13, 16, 39, 40, 41, 7_000_000_000]) {
      expect(judgeCertificate(scattered(serials), { serial }), `serial ${serial}`).toEqual(
        serials.includes(serial) ? REVOKED : GOOD,
      );
    }
  });

  it('revokes the greatest serial, and none that an authority did not give', () => {
    const list = createKrl(['serial: 1-18446744073709551615'], authority.publicKey);
    expect(judgeCertificate(list, { serial: 1 })).toEqual(REVOKED);
    expect(judgeCertificate(list, { serial: 0 })).toEqual(GOOD);
  });

  it('revokes key ids', () => {
    const list = createKrl(['id: lost', 'id: gone'], authority.publicKey);
    expect(judgeCertificate(list, { keyId: 'lost' })).toEqual(REVOKED);
    expect(judgeCertificate(list, { keyId: 'lost ' })).toEqual(GOOD);
    expect(judgeCertificate(list)).toEqual(GOOD);
  });

  it('revokes certificates of its own authority alone', () => {
    expect(judgeCertificate(createKrl(['serial: 5', 'id: alice'], stranger.publicKey))).toEqual(GOOD);
    expect(judgeCertificate(createKrl(['serial: 5', 'id: alice'], authority.publicKey))).toEqual(REVOKED);
  });

  it('leaves plain keys alone where it revokes certificates', () => {
    expect(judge(createKrl(['serial: 5', 'id: alice'], authority.publicKey))).toEqual(GOOD);
  });
});

describe('a KRL that cannot be read is refused', () => {
  const header = (version = 1) =>
    Buffer.concat([Buffer.from('SSHKRL\n\0', 'latin1'), uint32(version), Buffer.alloc(24), uint32(0), uint32(0)]);
  const section = (type: number, data: Buffer) => Buffer.concat([Uint8Array.of(type), sshString(data)]);
  const certificates = (...parts: Buffer[]) => section(1, Buffer.concat([uint32(0), uint32(0), ...parts]));
  const refusal = (detail: string) =>
    expect.objectContaining({ code: 'invalid_revocation_list', message: expect.stringContaining(detail) });

  it('nothing in it revokes nothing; certificates of any authority are any', () => {
    expect(judge(header())).toEqual(GOOD);
    const anybody = Buffer.concat([header(), certificates(section(0x23, sshString(Buffer.from('alice'))))]);
    expect(judgeCertificate(anybody)).toEqual(REVOKED);
  });

  it.each<[string, Buffer, string]>([
    ['another version', header(2), 'version 1'],
    ['a signature', Buffer.concat([header(), section(4, sshString(signer.blob))]), 'not known'],
    ['an extension', Buffer.concat([header(), section(255, sshString(Buffer.from('x')))]), 'not known'],
    ['a short fingerprint', Buffer.concat([header(), section(5, sshString(Buffer.alloc(20)))]), 'another length'],
    ['a key that is none', Buffer.concat([header(), section(2, sshString(Buffer.alloc(3)))]), 'too early'],
    ['a serial that is cut', Buffer.concat([header(), certificates(section(0x20, Buffer.alloc(7)))]), 'too early'],
    ['three ends of a range', Buffer.concat([header(), certificates(section(0x21, Buffer.alloc(24)))]), 'data follows'],
    ['an unknown part', Buffer.concat([header(), certificates(section(0x39, Buffer.alloc(8)))]), 'not known'],
    ['too many serials', Buffer.concat([header(), certificates(section(0x20, Buffer.alloc(8 * 20_001)))]), 'entries'],
    ['a wide bitmap', Buffer.concat([header(), certificates(bitmap(Buffer.alloc(6_000, 0x55)))]), 'entries'],
    ['many key ids', Buffer.concat([header(), certificates(section(0x23, Buffer.alloc(900_000)))]), 'entries'],
    ['many sections', Buffer.concat([header(), ...Array(20_001).fill(certificates())]), 'entries'],
  ])('with %s', (_name, list, detail) => {
    expect(() => parseRevocationList(list)).toThrow(refusal(detail));
  });

  it('cut anywhere', () => {
    const list = createKrl(['serial: 5', 'id: alice', `key: ${other.line}`], authority.publicKey);
    const whole = JSON.stringify(parseRevocationList(list));
    for (let length = 8; length < list.length; length += 1) {
      const cut = list.subarray(0, length);
      // A list that ends between two sections is a shorter list.
      const read = tryRead(cut);
      if (read !== null) expect(read).not.toBe(whole);
    }
    expect(() => parseRevocationList(list.subarray(0, -1))).toThrow(refusal('too early'));
  });

  function tryRead(list: Buffer): string | null {
    try {
      return JSON.stringify(parseRevocationList(list));
    } catch {
      return null;
    }
  }

  function bitmap(bits: Buffer): Buffer {
    return section(0x22, Buffer.concat([Buffer.alloc(8), sshString(bits)]));
  }

  function uint32(value: number): Buffer {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  }
});
