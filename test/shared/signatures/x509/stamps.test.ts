import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDer, readElements } from '../../../../shared/signatures/x509/der-element.ts';
import { OID } from '../../../../shared/signatures/x509/oids.ts';
import { parseCms } from '../../../../shared/signatures/x509/parse-cms.ts';
import { addUnsigned, der, derOid } from '../../../support/cms-writer.ts';
import { AUTHORITY, EMAIL_SIGNER, type Issued, STAMPER } from '../../../support/openssl-authority.ts';
import { createX509World, type X509World } from '../../../support/x509-signing.ts';

const TEXT = 'tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\nA message\n';
const [USAGE = ''] = STAMPER;

let world: X509World;
let unstamped: Buffer;
/** What the stamper says of that signature: a `TSTInfo`. */
let info: Buffer;
beforeAll(() => {
  world = createX509World();
  unstamped = world.openssl.sign(Buffer.from(TEXT), world.alice);
  info = infoOf(world.openssl.stamp(parseCms(unstamped).signature, world.stamper));
});
afterAll(() => world.openssl.remove());

/** `openssl ts` stamps with no certificate that may not stamp; `openssl cms` signs what looks like a stamp with any. */
function forge(content: Uint8Array, signer: Issued, type: string = OID.timeStampInfo): Buffer {
  return world.openssl.sign(content, signer, [], ['-nodetach', '-econtent_type', type]);
}

function judge(token: Uint8Array): string {
  return world.judge(TEXT, addUnsigned(unstamped, { [OID.timeStampToken]: token }));
}

describe('a time stamp (RFC 3161, trust rule 2.4)', () => {
  it('counts as the authority signed it, whoever put it together', () => {
    expect(judge(forge(info, world.stamper))).toBe('verified');
  });

  it.each<[string, readonly string[], object?]>([
    ['may sign mail', EMAIL_SIGNER],
    ['may stamp, and says so without being critical', [USAGE, 'extendedKeyUsage=timeStamping']],
    ['may stamp and do more', [USAGE, 'extendedKeyUsage=critical,timeStamping,codeSigning']],
    ['may do anything', [USAGE]],
    ['is one of an authority', [...AUTHORITY, String(STAMPER[1])]],
    ['ended before', STAMPER, { until: '20210101000000Z' }],
    ['begins later', STAMPER, { from: '20390101000000Z' }],
  ])('does not count by a certificate that %s', (_, extensions, more = {}) => {
    const signer = world.openssl.issue({ name: 'Stamper', extensions, ...more }, world.root);
    expect(judge(forge(info, signer))).toBe('unproven_time');
  });

  it.each<[string, (parts: readonly Buffer[]) => readonly Buffer[], string]>([
    ['another version', (parts) => parts.with(0, der(0x02, Buffer.of(2))), 'malformed_signature'],
    ['no digest', (parts) => parts.with(2, der(0x30)), 'malformed_signature'],
    ['a digest by SHA-1', (parts) => parts.with(2, imprint('1.3.14.3.2.26', Buffer.alloc(20))), 'unproven_time'],
    ['another digest', (parts) => parts.with(2, imprint('2.16.840.1.101.3.4.2.1', Buffer.alloc(32))), 'unproven_time'],
    ['no time', (parts) => parts.slice(0, 4), 'malformed_signature'],
    ['a time that does not exist', (parts) => parts.with(4, time('20261332000000Z')), 'malformed_signature'],
    ['a time before its certificate', (parts) => parts.with(4, time('20191231235959Z')), 'unproven_time'],
  ])('does not count with %s', (_, change, reason) => {
    const parts = readElements(readDer(info)).map(({ whole }) => whole);
    expect(judge(forge(der(0x30, ...change(parts)), world.stamper))).toBe(reason);
  });

  it('does not count as something else than a stamp', () => {
    expect(judge(forge(info, world.stamper, OID.data))).toBe('malformed_signature');
    expect(judge(world.openssl.sign(info, world.stamper, [], ['-econtent_type', OID.timeStampInfo]))).toBe(
      'malformed_signature',
    );
    expect(judge(der(0x30))).toBe('malformed_signature');
  });

  it('names its certificate by any digest that is strong enough', () => {
    const by = (digest: string) => judge(world.openssl.stamp(parseCms(unstamped).signature, world.stamper, [], digest));
    expect([by('sha256'), by('sha512')]).toEqual(['verified', 'verified']);
    expect(by('sha224')).toBe('malformed_signature');
  });

  it('does not count with its time moved after it was signed', () => {
    const token = Buffer.from(world.openssl.stamp(parseCms(unstamped).signature, world.stamper));
    const year = token.indexOf(time(String(new Date().getUTCFullYear())).subarray(2));
    token.write('2025', year);
    expect(judge(token)).toBe('unproven_time');
  });
});

function infoOf(token: Uint8Array): Buffer {
  const { content } = parseCms(token);
  if (content === null) throw new Error('The token is empty.');
  return content;
}

function imprint(algorithm: string, digest: Buffer): Buffer {
  return der(0x30, der(0x30, derOid(algorithm)), der(0x04, digest));
}

function time(text: string): Buffer {
  return der(0x18, Buffer.from(text));
}
