import { execFileSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createStatement, type Statement } from '../../../shared/statements/create-statement.ts';
import { createEnvelope, digestStatement, encodeForSigning, isSignedBy } from '../../../shared/statements/dsse.ts';
import { keyIdOf } from '../../../shared/statements/key-id.ts';
import { createStatedBranch, openEnvelope, readPayload } from '../../support/statements.ts';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
const keyId = keyIdOf(publicKey.export({ type: 'spki', format: 'der' }));

function statementOf(branch = 'main'): Statement {
  const statement = createStatement(createStatedBranch({ ref: { repository: 'payments', branch } }));
  if (statement === null) throw new Error('No statement.');
  return statement;
}

const signOf = ({ payload }: Statement) =>
  sign('sha256', encodeForSigning('application/vnd.in-toto+json', payload), privateKey);

/** In a folder of its own, which is gone afterwards. */
function openssl(files: Readonly<Record<string, string | Uint8Array>>, ...args: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'headlock-dsse-'));
  try {
    for (const [name, contents] of Object.entries(files)) writeFileSync(join(folder, name), contents);
    return execFileSync('openssl', args, { cwd: folder, encoding: 'latin1' });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('encodeForSigning', () => {
  // The test vector of DSSE 1.0.2, protocol.md: its message, its key and its signature, which has r and s side by side.
  it('encodes the vector of the specification, as its signature proves', () => {
    const encoded = encodeForSigning('http://example.com/HelloWorld', Buffer.from('hello world'));
    expect(encoded.toString()).toBe('DSSEv1 29 http://example.com/HelloWorld 11 hello world');
    const coordinate = (decimal: string) =>
      Buffer.from(BigInt(decimal).toString(16).padStart(64, '0'), 'hex').toString('base64url');
    const key = createPublicKey({
      format: 'jwk',
      key: {
        kty: 'EC',
        crv: 'P-256',
        x: coordinate('46950820868899156662930047687818585632848591499744589407958293238635476079160'),
        y: coordinate('5640078356564379163099075877009565129882514886557779369047442380624545832820'),
      },
    });
    const sig = 'A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA==';
    const raw = Buffer.from(sig, 'base64');
    const integer = (bytes: Buffer) => Buffer.from([2, bytes.length + 1, 0, ...bytes]);
    // The second of the two has a first bit that is not set: no padding.
    const [r, s] = [raw.subarray(0, 32), raw.subarray(32)];
    const numbers = [r, s].map((bytes) => ((bytes[0] ?? 0) >= 0x80 ? integer(bytes) : Buffer.from([2, 32, ...bytes])));
    const der = Buffer.concat([Buffer.from([0x30, numbers.reduce((sum, { length }) => sum + length, 0)]), ...numbers]);
    expect(
      openssl(
        { 'key.pem': key.export({ type: 'spki', format: 'pem' }), m: encoded, s: der },
        'dgst',
        '-sha256',
        '-verify',
        'key.pem',
        '-signature',
        's',
        'm',
      ),
    ).toBe('Verified OK\n');
  });

  it('counts bytes, not characters', () => {
    expect(encodeForSigning('ü', Buffer.from('é\0')).toString()).toBe('DSSEv1 2 ü 3 é\0');
    expect(encodeForSigning('', new Uint8Array()).toString()).toBe('DSSEv1 0  0 ');
  });
});

describe('an envelope', () => {
  it('verifies with openssl, over what DSSE says is signed', () => {
    const statement = statementOf('release/ü');
    const { payload, payloadType, signatures } = JSON.parse(createEnvelope(statement, keyId, signOf(statement)));
    expect([payloadType, signatures[0].keyid]).toEqual(['application/vnd.in-toto+json', keyId]);
    const body = Buffer.from(payload, 'base64');
    const message = Buffer.concat([Buffer.from(`DSSEv1 28 ${payloadType} ${body.length} `), body]);
    const files = { 'key.pem': pem, m: message, s: Buffer.from(signatures[0].sig, 'base64') };
    expect(openssl(files, 'dgst', '-sha256', '-verify', 'key.pem', '-signature', 's', 'm')).toBe('Verified OK\n');
    expect(openssl({ m: message }, 'dgst', '-sha256', '-binary', 'm')).toBe(
      digestStatement(statement).toString('latin1'),
    );
    expect(readPayload(body).subject[0]?.annotations).toEqual({ sourceRefs: ['refs/heads/release/ü'] });
  });

  it('names its key as openssl computes it from the public key', () => {
    const der = Buffer.from(
      openssl({ 'key.pem': pem }, 'pkey', '-pubin', '-in', 'key.pem', '-outform', 'DER'),
      'latin1',
    );
    expect(openssl({ der }, 'dgst', '-sha256', '-r', 'der')).toBe(`${keyId} *der\n`);
  });

  it('is refused with any byte of the payload changed, cut off or added, and under another key', () => {
    const statement = statementOf();
    const signature = signOf(statement);
    expect(isSignedBy(publicKey, statement, signature)).toBe(true);
    const other = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).publicKey;
    expect(isSignedBy(other, statement, signature)).toBe(false);
    const original = Buffer.from(statement.payload);
    const mutants = [...original.keys()].map((at) => {
      const mutant = Buffer.from(original);
      mutant[at] = (mutant[at] ?? 0) ^ (1 << (at % 8));
      return mutant;
    });
    const others = [original.subarray(1), original.subarray(0, -1), Buffer.concat([original, Buffer.from(' ')])];
    for (const payload of [...mutants, ...others]) {
      const changed = { payload } as unknown as Statement;
      expect(isSignedBy(publicKey, changed, signature)).toBe(false);
    }
    const forged = JSON.parse(createEnvelope(statement, keyId, signature));
    expect(() => openEnvelope(JSON.stringify({ ...forged, payloadType: 'application/json' }), pem)).toThrow();
    expect(openEnvelope(JSON.stringify(forged), pem)).toEqual(readPayload(original));
  });
});
