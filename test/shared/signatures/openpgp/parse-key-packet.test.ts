import { generateKeyPairSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { parseKeyPacket } from '../../../../shared/signatures/openpgp/parse-key-packet.ts';
import { mpi } from '../../../support/forge-openpgp.ts';

const HEADER = Buffer.from([4, 0x65, 0, 0, 0]);
const MODULUS = Buffer.alloc(256, 0xc1);
const EXPONENT = Buffer.from([1, 0, 1]);
const P256 = Buffer.from('082a8648ce3d030107', 'hex');
const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });
const POINT = Buffer.concat([
  Buffer.from([4]),
  Buffer.from(jwk.x ?? '', 'base64url'),
  Buffer.from(jwk.y ?? '', 'base64url'),
]);

function parse(algorithm: number, ...material: readonly Uint8Array[]) {
  return parseKeyPacket(Buffer.concat([HEADER, Buffer.from([algorithm]), ...material]), 4);
}

/** With a zero byte before it, which its bit count counts. */
function padded(number: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0, (number.length + 1) * 8, 0]), number]);
}

it('reads RSA and ECDSA keys', () => {
  expect(parse(1, mpi(MODULUS), mpi(EXPONENT))).toMatchObject({ bits: 2048, unusable: null });
  expect(parse(19, P256, mpi(POINT))).toMatchObject({ bits: 256, unusable: null });
});

it.each([
  ['an exponent of 1, with which anybody can sign', 1, [mpi(MODULUS), mpi(Buffer.from([1]))], 'exponent'],
  ['an even exponent', 1, [mpi(MODULUS), mpi(Buffer.from([4]))], 'exponent'],
  ['a huge exponent', 1, [mpi(MODULUS), mpi(Buffer.alloc(9, 1))], 'exponent'],
  ['a huge modulus', 1, [mpi(Buffer.alloc(2049, 1)), mpi(EXPONENT)], 'more than 16384 bits'],
  ['a modulus of 1024 bits', 1, [mpi(Buffer.alloc(128, 0xc1)), mpi(EXPONENT)], 'RSA key of 1024 bits is too weak'],
  ['a padded number', 1, [mpi(MODULUS), padded(EXPONENT)], 'wrong bit count'],
  ['bytes after its numbers', 1, [mpi(MODULUS), mpi(EXPONENT), Buffer.alloc(1)], 'data follows'],
  ['no numbers', 1, [], 'ends too early'],
  ['an unknown curve', 19, [Buffer.from([1, 42]), mpi(POINT)], 'curve is not supported'],
  ['a point off its curve', 19, [P256, mpi(POINT.with(64, (POINT[64] ?? 0) ^ 1))], 'no valid key'],
  ['a compressed point', 19, [P256, mpi(POINT.with(0, 2))], 'uncompressed'],
  ['a point that is too short', 19, [P256, mpi(POINT.subarray(0, 64))], 'uncompressed'],
  ['Ed25519 under another name', 22, [P256, mpi(POINT)], 'curve is not supported'],
  ['Ed25519 without its mark', 22, [Buffer.from('092b06010401da470f01', 'hex'), mpi(POINT)], 'curve is not supported'],
  [
    'Ed25519 that is too long',
    22,
    [Buffer.from('092b06010401da470f01', 'hex'), mpi(Buffer.alloc(34, 0x40))],
    'wrong length',
  ],
  ['DSA', 17, [], 'DSA'],
  ['Elgamal', 16, [], 'Elgamal'],
  ['X25519', 25, [], 'only encrypt'],
])('cannot use %s', (_name, algorithm, material, why) => {
  expect(parse(algorithm, ...material)).toMatchObject({ spki: null, unusable: expect.stringContaining(why) });
});
