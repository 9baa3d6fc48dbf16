import { signedCommit } from '../support/commit-bytes.ts';
import { currentPacket, legacyPacket, uint32 } from '../support/forge-openpgp.ts';
import {
  armorWithChecksum,
  dearmor,
  packetBody,
  readSignatureFields,
  type SignatureFields,
  writeSignatureFields,
} from '../support/openpgp-packets.ts';
import type { Variant } from './commit-variants.ts';

/** The same signature in other packets, and packets that hold more or less than it. */
export function packetVariants(payload: Buffer, armor: Buffer, other: Buffer): readonly Variant[] {
  const packets = dearmor(armor);
  const body = packetBody(packets);
  const fields = readSignatureFields(body);
  const rewrite = (changes: Partial<SignatureFields>) => legacyPacket(writeSignatureFields({ ...fields, ...changes }));
  const unhashed = (...subpackets: readonly Buffer[]) => rewrite({ unhashed: Buffer.concat(subpackets) });
  const subpacket = (type: number, bytes: Uint8Array) => Buffer.concat([Buffer.of(bytes.length + 1, type), bytes]);
  const keyId = subpacket(16, Buffer.alloc(8, 0xaa));
  const first = fields.material.readUInt16BE(0);
  const otherFields = readSignatureFields(packetBody(dearmor(other)));
  const flipped = Buffer.from(fields.digestStart.map((byte) => byte ^ 0xff));
  const marker = Buffer.from('ca03504750', 'hex');
  const list: readonly (readonly [what: string, packets: Buffer])[] = [
    ['a header of RFC 9580', currentPacket(body)],
    ['a legacy header of four bytes', Buffer.concat([Buffer.of(0x8a), uint32(body.length), body])],
    [
      'a partial length',
      Buffer.concat([
        Buffer.of(0xc2, 0xe0),
        body.subarray(0, 1),
        Buffer.of(0xff),
        uint32(body.length - 1),
        body.subarray(1),
      ]),
    ],
    ['an indeterminate length', Buffer.concat([Buffer.of(0x8b), body])],
    ['a length that is one too long', Buffer.concat([Buffer.of(0x8a), uint32(body.length + 1), body])],
    ['a length that is one too short', Buffer.concat([Buffer.of(0x8a), uint32(body.length - 1), body])],
    ['the signature twice', Buffer.concat([packets, packets])],
    ['another signature after it', Buffer.concat([packets, dearmor(other)])],
    ['another signature before it', Buffer.concat([dearmor(other), packets])],
    ['a marker packet before it', Buffer.concat([marker, packets])],
    ['a marker packet after it', Buffer.concat([packets, marker])],
    ['a padding packet after it', Buffer.concat([packets, Buffer.of(0xd5, 2, 0, 0)])],
    ['a byte after it', Buffer.concat([packets, Buffer.of(0)])],
    ['a literal packet after it', Buffer.concat([packets, Buffer.from('cb09620000000000780a', 'hex').subarray(0, 11)])],
    ['another packet type', Buffer.concat([Buffer.of(0x88 | (3 << 2) | 2), uint32(body.length), body])],
    ['nothing unhashed', unhashed()],
    ['another key id unhashed', unhashed(keyId)],
    [
      'a notation unhashed',
      unhashed(fields.unhashed, subpacket(20, Buffer.from('8000000000010001ab'.padEnd(20, '0'), 'hex'))),
    ],
    ['an unknown critical subpacket unhashed', unhashed(fields.unhashed, subpacket(0x80 | 105, Buffer.of(1)))],
    ['an unknown subpacket unhashed', unhashed(fields.unhashed, subpacket(105, Buffer.of(1)))],
    ['an empty subpacket unhashed', unhashed(fields.unhashed, Buffer.of(0))],
    ['a subpacket unhashed that is cut', unhashed(fields.unhashed, Buffer.of(9, 105))],
    ['wrong first 16 bits', rewrite({ digestStart: flipped })],
    ['a number with a bit more counted', rewrite({ material: withBits(fields.material, first + 1) })],
    ['a number with a bit less counted', rewrite({ material: withBits(fields.material, first - 1) })],
    [
      'a number with a leading zero',
      rewrite({ material: Buffer.concat([uint32(first + 8).subarray(2), Buffer.of(0), fields.material.subarray(2)]) }),
    ],
    ['a byte after the numbers', rewrite({ material: Buffer.concat([fields.material, Buffer.of(0)]) })],
    ['the numbers cut', rewrite({ material: fields.material.subarray(0, -1) })],
    ['no numbers', rewrite({ material: Buffer.alloc(0) })],
    ['numbers of another signature', rewrite({ material: otherFields.material })],
    ['another hashed area', rewrite({ hashed: otherFields.hashed })],
    ['an empty hashed area', rewrite({ hashed: Buffer.alloc(0) })],
    [
      'the hashed area moved',
      rewrite({ hashed: Buffer.alloc(0), unhashed: Buffer.concat([fields.hashed, fields.unhashed]) }),
    ],
    ['another type: text', rewrite({ type: 1 })],
    ['another type: standalone', rewrite({ type: 2 })],
    ['another type: certification', rewrite({ type: 0x10 })],
    ['another digest', rewrite({ hash: fields.hash === 8 ? 10 : 8 })],
    ['another version', rewrite({ version: 3 })],
    ['another algorithm', rewrite({ algorithm: fields.algorithm === 1 ? 3 : 1 })],
  ];
  return list.map(([what, bytes]) => ({
    what: `packet: ${what}`,
    raw: signedCommit(payload, armorWithChecksum(bytes)),
  }));
}

function withBits(material: Buffer, bits: number): Buffer {
  return Buffer.concat([uint32(bits).subarray(2), material.subarray(2)]);
}
