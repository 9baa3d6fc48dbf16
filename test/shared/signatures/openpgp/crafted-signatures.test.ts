import { describe, expect, it } from 'vitest';
import {
  armorSignature,
  createForgingKey,
  creationTime,
  currentPacket,
  type Forgery,
  type ForgingKey,
  forgePacket,
  forgeSignature,
  issuerFingerprint,
  issuerKeyId,
  legacyPacket,
  uint32,
} from '../../../support/forge-openpgp.ts';
import { outcomeOf, verifyPayload } from '../../../support/verify-payload.ts';

const PAYLOAD = 'tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\nA message\n';
const key = createForgingKey();
const rsa = createForgingKey('rsa2048');

function judge(forgery: Forgery, signer: ForgingKey = key): string {
  return outcomeOf({ payload: PAYLOAD, signature: forgeSignature(signer, PAYLOAD, forgery), keys: [signer.record] });
}

function detail(forgery: Forgery): string {
  const result = verifyPayload({
    payload: PAYLOAD,
    signature: forgeSignature(key, PAYLOAD, forgery),
    keys: [key.record],
  });
  return result.outcome === 'refused' ? result.message : 'verified';
}

describe('algorithms (trust rules 2.2, 2.5)', () => {
  it.each([
    'rsa2048',
    'p256',
    'ed25519Legacy',
    'ed25519',
  ] as const)('accepts %s over SHA-256, SHA-384 and SHA-512', (kind) => {
    const signer = createForgingKey(kind);
    expect([8, 9, 10].map((hash) => judge({ hash }, signer))).toEqual(['verified', 'verified', 'verified']);
  });

  it.each([
    ['p384', 'weak_algorithm', 'verified', 'verified'],
    ['p521', 'weak_algorithm', 'weak_algorithm', 'verified'],
    ['ed448', 'weak_algorithm', 'weak_algorithm', 'verified'],
  ] as const)('refuses a digest that is shorter than the curve of %s', (kind, ...outcomes) => {
    const signer = createForgingKey(kind);
    expect([8, 9, 10].map((hash) => judge({ hash }, signer))).toEqual(outcomes);
  });

  it.each([
    ['MD5', 1],
    ['SHA-1', 2],
    ['RIPEMD-160', 3],
    ['SHA-224', 11],
  ])('refuses a %s digest as weak', (_name, hash) => {
    expect(judge({ hash }, rsa)).toBe('weak_algorithm');
  });

  it('refuses RSA below 2048 bits, DSA and Elgamal as weak', () => {
    expect(judge({}, createForgingKey('rsa1024'))).toBe('weak_algorithm');
    expect([16, 17, 20].map((algorithm) => judge({ algorithm }))).toEqual(Array(3).fill('weak_algorithm'));
  });

  it('does not know other algorithms and digests', () => {
    expect([2, 18, 25, 99].map((algorithm) => judge({ algorithm }))).toEqual(Array(4).fill('unknown_signature_type'));
    expect(judge({ hash: 12 })).toBe('unknown_signature_type');
  });

  it('refuses an algorithm that is not the one of the key', () => {
    expect(judge({ algorithm: 27 })).toBe('invalid');
  });

  it('says why a key was compiled as unusable', () => {
    const signer = createForgingKey('p256', { spki: null, unusable: 'its curve is not supported' });
    const signature = forgeSignature(signer, PAYLOAD);
    const result = verifyPayload({ payload: PAYLOAD, signature, keys: [signer.record] });
    expect(result).toMatchObject({
      reason: 'unknown_signature_type',
      message: expect.stringContaining('its curve is not supported'),
    });
    const flawed = { ...signer.record, signing: false };
    expect(outcomeOf({ payload: PAYLOAD, signature, keys: [flawed] })).toBe('not_signing_key');
  });
});

describe('versions and types (trust rule 2.2)', () => {
  it('accepts version 6, salted, by a version 6 key', () => {
    for (const kind of ['ed25519', 'ed448', 'p256', 'rsa2048'] as const) {
      expect(judge({}, createForgingKey(kind, { version: 6 }))).toBe('verified');
    }
  });

  it('refuses a salt of the wrong length', () => {
    expect(judge({ saltBytes: 15 }, createForgingKey('ed25519', { version: 6 }))).toBe('malformed_signature');
  });

  it('takes a key for unknown where its version is not the signature’s', () => {
    const signature = forgeSignature(
      createForgingKey('ed25519', { version: 6, fingerprint: 'ab'.repeat(32) }),
      PAYLOAD,
    );
    const other = createForgingKey('ed25519', { version: 4, fingerprint: 'ab'.repeat(32) });
    expect(outcomeOf({ payload: PAYLOAD, signature, keys: [other.record] })).toBe('unknown_key');
  });

  it('does not know versions 3 and 5', () => {
    expect([3, 5].map((version) => judge({ version }))).toEqual(['unknown_signature_type', 'unknown_signature_type']);
  });

  it('refuses a text signature and says what to change', () => {
    const result = verifyPayload({
      payload: PAYLOAD,
      signature: forgeSignature(key, PAYLOAD, { type: 1 }),
      keys: [key.record],
    });
    expect(result).toMatchObject({ reason: 'malformed_signature', nextStep: expect.stringContaining('`textmode`') });
  });

  it.each([0x02, 0x10, 0x13, 0x18, 0x1f, 0x40, 0x50])('refuses a signature of type %i', (type) => {
    expect(judge({ type })).toBe('malformed_signature');
  });
});

describe('packets (trust rule 2.1)', () => {
  it('reads the legacy and the current packet format', () => {
    expect(judge({ packet: legacyPacket })).toBe('verified');
    expect(judge({ packet: currentPacket })).toBe('verified');
    expect(judge({ packet: (body) => Buffer.concat([Buffer.from([0x88, body.length]), body]) })).toBe('verified');
    expect(judge({ packet: (body) => Buffer.concat([Buffer.from([0x8a]), uint32(body.length), body]) })).toBe(
      'verified',
    );
    const twoOctets = (body: Buffer) =>
      Buffer.concat([Buffer.from([0xc2, 192 + ((body.length - 192) >> 8), (body.length - 192) & 0xff]), body]);
    expect(judge({ packet: twoOctets }, rsa)).toBe('verified');
  });

  it.each([
    ['a partial length', (body: Buffer) => Buffer.concat([Buffer.from([0xc2, 0xe6]), body])],
    ['an indeterminate length', (body: Buffer) => Buffer.concat([Buffer.from([0x8b]), body])],
    ['another packet type', (body: Buffer) => Buffer.concat([Buffer.from([0xc4, body.length]), body])],
    [
      'a length beyond the end',
      (body: Buffer) => Buffer.concat([Buffer.from([0xc2, 0xff, 0x7f, 0xff, 0xff, 0xff]), body]),
    ],
    ['no packet at all', () => Buffer.from('Hello')],
    ['a cut body', (body: Buffer) => legacyPacket(body.subarray(0, 40))],
    ['a byte after its numbers', (body: Buffer) => legacyPacket(Buffer.concat([body, Buffer.from([0])]))],
    ['a second packet', (body: Buffer) => Buffer.concat([legacyPacket(body), legacyPacket(body)])],
    [
      'a bad signature before the good one',
      (body: Buffer) => Buffer.concat([legacyPacket(Buffer.from(body).fill(7, 60)), legacyPacket(body)]),
    ],
    ['junk after it', (body: Buffer) => Buffer.concat([legacyPacket(body), Buffer.from([0])])],
    [
      'a marker before it',
      (body: Buffer) => Buffer.concat([Buffer.from([0xca, 3]), Buffer.from('PGP'), legacyPacket(body)]),
    ],
  ])('refuses %s', (_name, packet) => {
    expect(judge({ packet })).toBe('malformed_signature');
  });
});

describe('subpackets (trust rule 2.2)', () => {
  const time = creationTime(key.record.created + 100);
  const fingerprint = issuerFingerprint(key.record);
  const keyId = issuerKeyId(key.record);
  const wrongKeyId = [16, Buffer.alloc(8, 0xee)] as const;

  it.each([
    ['the hashed fingerprint, whatever is not hashed', { unhashed: [wrongKeyId] }, 'verified'],
    ['the hashed fingerprint, whatever else is hashed', { hashed: [time, fingerprint, wrongKeyId] }, 'verified'],
    ['the hashed key id', { hashed: [time, keyId], unhashed: [] }, 'verified'],
    ['an unhashed fingerprint, as a hint', { hashed: [time], unhashed: [fingerprint] }, 'verified'],
    ['an unhashed key id, as a hint', { hashed: [time], unhashed: [keyId] }, 'verified'],
    ['nobody', { hashed: [time], unhashed: [] }, 'malformed_signature'],
    ['a hashed key id of another key', { hashed: [time, wrongKeyId], unhashed: [keyId] }, 'unknown_key'],
    ['a fingerprint of another version', { hashed: [time, [33, Buffer.alloc(21, 6)]] }, 'malformed_signature'],
    ['a key id of seven bytes', { hashed: [time, [16, Buffer.alloc(7)]] }, 'malformed_signature'],
    ['two fingerprints', { hashed: [time, fingerprint, fingerprint] }, 'malformed_signature'],
  ] as const)('finds the key by %s', (_name, forgery, outcome) => {
    expect(judge(forgery)).toBe(outcome);
  });

  it('needs exactly one creation time, in the hashed area', () => {
    expect(judge({ hashed: [fingerprint] })).toBe('malformed_signature');
    expect(judge({ hashed: [fingerprint], unhashed: [time] })).toBe('malformed_signature');
    expect(judge({ moreHashed: [time] })).toBe('malformed_signature');
    expect(judge({ hashed: [fingerprint, [2, Buffer.alloc(5)]] })).toBe('malformed_signature');
  });

  it('refuses what is critical and unknown, and lets the rest be', () => {
    expect(judge({ moreHashed: [[0x80 | 60, Buffer.from('x')]] })).toBe('malformed_signature');
    expect(judge({ moreHashed: [[0x80 | 27, Buffer.from([2])]] })).toBe('malformed_signature');
    // A signer's user id, which gpg writes, and never marks critical.
    expect(judge({ moreHashed: [[28, Buffer.from('x')]] })).toBe('verified');
    expect(judge({ moreHashed: [[0x80 | 28, Buffer.from('x')]] })).toBe('malformed_signature');
    expect(judge({ moreHashed: [[60, Buffer.from('x')]] })).toBe('verified');
    expect(judge({ unhashed: [[60, Buffer.from('x')]] })).toBe('verified');
    expect(judge({ unhashed: [[0x80 | 60, Buffer.from('x')]] })).toBe('malformed_signature');
    expect(judge({ unhashed: [[0x80 | 20, Buffer.from('x')]] })).toBe('malformed_signature');
    expect(
      judge({
        hashed: [
          [0x80 | 2, time[1]],
          [0x80 | 33, fingerprint[1]],
        ],
      }),
    ).toBe('verified');
  });

  it('refuses a critical notation, and lets another be', () => {
    const notation = Buffer.concat([Buffer.from([0x80, 0, 0, 0, 0, 3, 0, 1]), Buffer.from('a@bc')]);
    expect(judge({ moreHashed: [[20, notation]] })).toBe('verified');
    expect(detail({ moreHashed: [[0x80 | 20, notation]] })).toContain('critical notation');
    for (const malformed of [
      notation.subarray(0, 4),
      notation.subarray(0, -1),
      Buffer.concat([notation, Buffer.of(0)]),
    ])
      expect(judge({ moreHashed: [[20, malformed]] })).toBe('malformed_signature');
  });

  it('refuses an area that is cut or holds an empty subpacket', () => {
    const cut = (body: Buffer) =>
      legacyPacket(Buffer.concat([body.subarray(0, 6), Buffer.from([0xf0]), body.subarray(7)]));
    expect(judge({ packet: cut })).toBe('malformed_signature');
    const empty = (body: Buffer) =>
      legacyPacket(Buffer.concat([body.subarray(0, 6), Buffer.from([0]), body.subarray(7)]));
    expect(judge({ packet: empty })).toBe('malformed_signature');
  });

  it('reads subpackets of every length', () => {
    const long = (length: number) => ({ moreHashed: [[61, Buffer.alloc(length)]] as const });
    expect([190, 191, 5_000, 20_000].map((length) => judge(long(length)))).toEqual(Array(4).fill('verified'));
  });
});

describe('numbers', () => {
  it('wants the first 16 bits of the digest (trust rule 2.2)', () => {
    for (const bit of [0x8000, 0x0001]) {
      const digestStart = (start: Buffer) => Buffer.from(uint32(start.readUInt16BE() ^ bit).subarray(2));
      expect(detail({ digestStart })).toContain('first 16 bits');
    }
  });

  it('takes numbers that are padded to the bits of the key, as GitHub writes them, and none with bits that are not counted', () => {
    /** Counts other bits, and pads to as many bytes as they need, but never cuts. */
    const recounted = (change: (bits: number) => number) => (material: Buffer) => {
      const bits = material.readUInt16BE(0);
      const zeros = Math.max(0, Math.ceil(change(bits) / 8) - Math.ceil(bits / 8));
      const count = Buffer.from(uint32(change(bits)).subarray(2));
      return Buffer.concat([count, Buffer.alloc(zeros), material.subarray(2)]);
    };
    for (const [signer, keyBits] of [
      [key, 256],
      [rsa, 2048],
      [createForgingKey('p256'), 256],
    ] as const) {
      expect(judge({ material: recounted(() => keyBits) }, signer)).toBe('verified');
      expect(judge({ material: recounted(() => keyBits + 8) }, signer)).toBe('malformed_signature');
      // Where the number then has a byte less, the rest is read as another.
      expect(judge({ material: recounted((bits) => bits - 1) }, signer)).toBe('malformed_signature');
      for (const zeros of [Buffer.alloc(4), Buffer.from([0, 8, 0, 0, 8, 0])])
        expect(judge({ material: () => zeros }, signer)).not.toBe('verified');
    }
  });

  it('accepts numbers with leading zeros left out, as RSA, ECDSA and EdDSA make them now and then', () => {
    const p256 = createForgingKey('p256');
    let short = 0;
    for (let index = 0; short < 3; index += 1) {
      const payload = `${PAYLOAD}${index}`;
      for (const signer of [key, p256]) {
        const packet = forgePacket(signer, payload, {
          material: (material) => {
            const bits = material.readUInt16BE(0);
            if (bits <= 248) short += 1;
            return material;
          },
        });
        expect(outcomeOf({ payload, signature: armorSignature(packet), keys: [signer.record] })).toBe('verified');
      }
    }
  });

  it('refuses numbers that are longer than the key allows', () => {
    const long = Buffer.concat([Buffer.from([0x08, 0x08, 0xff]), Buffer.alloc(256, 1)]);
    expect(judge({ material: () => long }, rsa)).toBe('malformed_signature');
    expect(judge({ material: (material) => Buffer.concat([long, material]) }, createForgingKey('p256'))).toBe(
      'malformed_signature',
    );
    expect(
      judge({ material: (material) => Buffer.concat([material, Buffer.from([1])]) }, createForgingKey('ed25519')),
    ).toBe('malformed_signature');
  });

  it('refuses good numbers over other bytes', () => {
    const signature = forgeSignature(key, PAYLOAD);
    expect(outcomeOf({ payload: `${PAYLOAD} `, signature, keys: [key.record] })).toBe('invalid');
  });
});

describe('key ids', () => {
  it('tries every key of an id (trust rule 2.2)', () => {
    const forgery = { hashed: [creationTime(key.record.created + 100)] };
    const twin = createForgingKey('ed25519Legacy', { fingerprint: `${'0'.repeat(24)}${key.record.keyId}` });
    const otherKind = createForgingKey('rsa2048', { fingerprint: `${'1'.repeat(24)}${key.record.keyId}` });
    const signature = forgeSignature(key, PAYLOAD, forgery);
    const all = [twin.record, otherKind.record, key.record];
    expect(verifyPayload({ payload: PAYLOAD, signature, keys: all })).toMatchObject({
      fingerprint: key.record.fingerprint,
    });
    expect(outcomeOf({ payload: PAYLOAD, signature, keys: [twin.record, otherKind.record] })).toBe('invalid');
  });

  it('lets no unusable key of an id keep another from being tried', () => {
    const signer = createForgingKey('rsa2048');
    const fingerprint = `${'0'.repeat(24)}${signer.record.keyId}`;
    const unusable = { ...signer.record, fingerprint, spki: null, unusable: 'its certificate is broken' };
    const short = {
      ...createForgingKey('rsa1024', { fingerprint: `${'1'.repeat(24)}${signer.record.keyId}` }).record,
      bits: 2047,
    };
    const signature = forgeSignature(signer, PAYLOAD, { hashed: [creationTime(signer.record.created + 100)] });
    expect(outcomeOf({ payload: PAYLOAD, signature, keys: [unusable, short, signer.record] })).toBe('verified');
  });

  it('names an unknown key in full, and what to do', () => {
    const result = verifyPayload({ payload: PAYLOAD, signature: forgeSignature(key, PAYLOAD) });
    const name = `0x${key.record.fingerprint.toUpperCase()}`;
    expect(result).toMatchObject({ reason: 'unknown_key', message: expect.stringContaining(name) });
    expect(result).toMatchObject({ nextStep: expect.stringContaining('headlock apply') });
  });
});
