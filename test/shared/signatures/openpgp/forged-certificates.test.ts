import { describe, expect, it } from 'vitest';
import type { OpenPgpKey } from '../../../../shared/model/signatory.ts';
import { compileCertificates, compileKeyFiles } from '../../../../shared/signatures/openpgp/compile-certificates.ts';
import {
  backSignature,
  binding,
  type Claim,
  createCertificateKey,
  directSignature,
  keyPacket,
  oldRevocation,
  revocation,
  selfSignature,
  subkeyPacket,
  userIdPacket,
  userIdRevocation,
} from '../../../support/forge-certificate.ts';

const ALICE = 'Alice <alice@example.com>';
const primary = createCertificateKey();
const subkey = createCertificateKey();
const mallory = createCertificateKey();
const { created } = primary.record;
const user = [keyPacket(primary), userIdPacket(ALICE)];

async function compile(...packets: readonly Uint8Array[]): Promise<readonly OpenPgpKey[]> {
  const { keys, problems } = await compileCertificates(Buffer.concat(packets));
  for (const problem of problems) expect(problem).toContain('No key of this certificate can sign');
  return keys;
}

describe('self-signatures (trust rule 2.2)', () => {
  it('lets the newest valid one state flags and expiry, wherever it stands', async () => {
    const older = selfSignature(primary, ALICE, { after: 10, lifetime: 1_000 });
    const newer = selfSignature(primary, ALICE, { after: 20, lifetime: 2_000, flags: 1 });
    const expected = [{ signing: false, expires: created + 2_000, statedAt: created + 20 }];
    expect(await compile(...user, older, newer)).toMatchObject(expected);
    expect(await compile(...user, newer, older)).toMatchObject(expected);
    const direct = directSignature(primary, { after: 30, lifetime: 3_000 });
    expect(await compile(keyPacket(primary), direct, userIdPacket(ALICE), older, newer)).toMatchObject([
      { signing: true, expires: created + 3_000, statedAt: created + 30 },
    ]);
  });

  it('falls back to an older one where the newest is not valid', async () => {
    const good = selfSignature(primary, ALICE, { after: 10, lifetime: 1_000 });
    const critical = selfSignature(primary, ALICE, { after: 20, more: [[0x80 | 60, Buffer.from('x')]] });
    const broken = selfSignature(primary, 'Other <other@example.com>', { after: 30 });
    const foreign = selfSignature(primary, ALICE, { after: 40 }, mallory);
    expect(await compile(...user, good, critical, broken, foreign)).toMatchObject([
      { signing: true, expires: created + 1_000 },
    ]);
  });

  it('lets nobody sign without one', async () => {
    const flaw = 'its certificate has no valid self-signature';
    expect(await compile(...user)).toMatchObject([{ signing: false, spki: null, unusable: flaw }]);
    const foreign = selfSignature(primary, ALICE, {}, mallory);
    expect(await compile(...user, foreign)).toMatchObject([{ signing: false, spki: null, unusable: flaw }]);
  });

  it('takes missing flags for a no', async () => {
    expect(await compile(...user, selfSignature(primary, ALICE, { flags: null }))).toMatchObject([{ signing: false }]);
    expect(await compile(...user, selfSignature(primary, ALICE, { flags: null, lifetime: 5 }))).toMatchObject([
      { signing: false },
    ]);
  });

  it('asks a later one without flags and expiry for nothing', async () => {
    const stating = selfSignature(primary, ALICE, { after: 10, lifetime: 1_000 });
    const silent = selfSignature(primary, ALICE, { after: 20, flags: null });
    expect(await compile(...user, stating, silent)).toMatchObject([{ signing: true, expires: created + 1_000 }]);
  });

  it('looks past those of a user id that was revoked since', async () => {
    const other = 'Alice <alice@old.example.com>';
    const mine = [userIdPacket(ALICE), selfSignature(primary, ALICE, { after: 10, lifetime: 1_000 })];
    const newer = selfSignature(primary, other, { after: 20, lifetime: 2_000 });
    const compileWith = (...more: readonly Uint8Array[]) =>
      compile(keyPacket(primary), ...mine, userIdPacket(other), newer, ...more);
    expect(await compileWith()).toMatchObject([{ expires: created + 2_000 }]);
    expect(await compileWith(userIdRevocation(primary, other, { after: 20 }))).toMatchObject([
      { expires: created + 1_000 },
    ]);
    expect(await compileWith(userIdRevocation(primary, other, { after: 19 }))).toMatchObject([
      { expires: created + 2_000 },
    ]);
  });

  it('lets what gpg goes by take away from the newest, and never add to it', async () => {
    const other = 'Alice <alice@old.example.com>';
    const direct = (claim: Claim) => [keyPacket(primary), directSignature(primary, claim), userIdPacket(ALICE)];
    const later = selfSignature(primary, ALICE, { after: 20, lifetime: 2_000 });
    // gpg: over the key itself before user ids.
    const soon = direct({ after: 10, lifetime: 1_000 });
    expect(await compile(...soon, later)).toMatchObject([{ signing: true, expires: created + 1_000 }]);
    expect(await compile(...direct({ after: 10, lifetime: 3_000 }), later)).toMatchObject([
      { signing: true, expires: created + 2_000 },
    ]);
    expect(await compile(...direct({ after: 10, flags: 1 }), later)).toMatchObject([{ signing: false }]);
    // gpg: of user ids the newest that speaks of an end at all.
    const ending = [...user, selfSignature(primary, ALICE, { after: 10, lifetime: 1_000 })];
    const endless = [userIdPacket(other), selfSignature(primary, other, { after: 20 })];
    expect(await compile(...ending, ...endless)).toMatchObject([{ signing: true, expires: created + 1_000 }]);
    const renewed = selfSignature(primary, ALICE, { after: 30 });
    expect(await compile(...ending, renewed, ...endless)).toMatchObject([{ signing: true, expires: null }]);
  });

  it('takes no signature of another type for one', async () => {
    const packets = [keyPacket(primary), directSignature(primary, { type: 0x30 }), userIdPacket(ALICE)];
    expect(await compile(...packets)).toMatchObject([{ signing: false, spki: null }]);
  });

  it('ends with the statement itself where that expires', async () => {
    const lapsing = selfSignature(primary, ALICE, {
      after: 10,
      lifetime: 1_000,
      more: [[3, Buffer.from([0, 0, 0, 50])]],
    });
    expect(await compile(...user, lapsing)).toMatchObject([{ expires: created + 60 }]);
  });
});

describe('bindings (trust rule 2.2)', () => {
  const self = selfSignature(primary, ALICE);
  const certificate = (...bindings: readonly Uint8Array[]) => compile(...user, self, subkeyPacket(subkey), ...bindings);
  const consent = backSignature(primary, subkey);

  it('accepts a subkey that both sides signed for', async () => {
    expect(await certificate(binding(primary, subkey, consent))).toMatchObject([
      { signing: true },
      {
        signing: true,
        unusable: null,
        fingerprint: subkey.record.fingerprint,
        primaryFingerprint: primary.record.fingerprint,
      },
    ]);
  });

  it('accepts the consent where gpg puts it, outside the hashed area', async () => {
    expect((await certificate(binding(primary, subkey, null, { unhashed: [[32, consent]] })))[1]).toMatchObject({
      signing: true,
    });
  });

  it.each([
    ['no consent', null],
    ['consent by another key', backSignature(primary, subkey, {}, mallory)],
    ['consent to another primary', backSignature(mallory, subkey)],
    ['a signature over the same bytes as a document', backSignature(primary, subkey, { type: 0x00 })],
    ['a binding in place of consent', backSignature(primary, subkey, { type: 0x18 })],
    [
      'consent with an unknown critical subpacket',
      backSignature(primary, subkey, { more: [[0x80 | 60, Buffer.from('x')]] }),
    ],
  ])('refuses a signing subkey with %s', async (_name, back) => {
    const [, adopted] = await certificate(binding(primary, subkey, back));
    expect(adopted).toMatchObject({ signing: false, spki: null, unusable: 'its binding lacks a valid back-signature' });
  });

  it('refuses a subkey that the primary did not bind', async () => {
    const flaw = 'its certificate does not validly bind it';
    expect((await certificate())[1]).toMatchObject({ signing: false, unusable: flaw });
    expect((await certificate(binding(primary, subkey, consent, {}, mallory)))[1]).toMatchObject({
      signing: false,
      unusable: flaw,
    });
  });

  it('lets the newest valid binding count', async () => {
    const older = binding(primary, subkey, consent, { after: 10, lifetime: 100 });
    const newer = binding(primary, subkey, null, { after: 20, flags: 0x20, lifetime: 200 });
    expect((await certificate(newer, older))[1]).toMatchObject({
      signing: false,
      unusable: null,
      expires: created + 200,
    });
  });

  it('binds nothing under a primary without a valid self-signature', async () => {
    const [, sub] = await compile(...user, subkeyPacket(subkey), binding(primary, subkey, consent));
    expect(sub).toMatchObject({
      signing: false,
      spki: null,
      unusable: expect.stringContaining('no valid self-signature'),
    });
  });
});

describe('revocations (trust rule 3.3)', () => {
  const self = [userIdPacket(ALICE), selfSignature(primary, ALICE)];

  it('takes one without a reason, or with an unknown one, for hard', async () => {
    for (const reason of [null, 0, 2, 32, 99]) {
      expect(await compile(keyPacket(primary), revocation(primary, reason), ...self)).toMatchObject([
        { revocation: { kind: 'hard' } },
      ]);
    }
  });

  it('takes the earliest soft one, and a hard one before any', async () => {
    const soft = [
      revocation(primary, 1, { after: 300, more: [[29, Buffer.from([1])]] }),
      revocation(primary, 3, { after: 200, more: [[29, Buffer.from([3])]] }),
    ];
    expect(await compile(keyPacket(primary), ...soft, ...self)).toMatchObject([
      { revocation: { kind: 'soft', at: created + 200 } },
    ]);
    expect(await compile(keyPacket(primary), ...soft, revocation(primary, 2), ...self)).toMatchObject([
      { revocation: { kind: 'hard' } },
    ]);
  });

  it('believes one of another key where the owner named any key that may revoke', async () => {
    const revoker = Buffer.concat([Buffer.from([0x80, 22]), Buffer.from(mallory.record.fingerprint, 'hex')]);
    const foreign = revocation(primary, 3, {}, mallory);
    const naming = directSignature(primary, { flags: null, more: [[12, revoker]] });
    const of = (...statements: readonly Uint8Array[]) => compile(keyPacket(primary), ...statements, ...self);
    expect(await of(foreign, naming)).toMatchObject([{ revocation: { kind: 'hard' } }]);
    expect(await of(naming)).toMatchObject([{ revocation: null }]);
    expect(await of(naming, revocation(primary, 3, { more: [[29, Buffer.from([3])]] }))).toMatchObject([
      { revocation: { kind: 'soft' } },
    ]);
    const forged = directSignature(primary, { flags: null, more: [[12, revoker]], after: 1 }, mallory);
    expect(await of(foreign, forged)).toMatchObject([{ revocation: null }]);
  });

  it('reads no certificate that is revoked in version 3, as openpgp.js does not see it and gpg does', async () => {
    const compiled = (...packets: readonly Uint8Array[]) =>
      compileCertificates(Buffer.concat([keyPacket(primary), ...packets, ...self]));
    const problems = [expect.stringContaining('a signature of version 3 revokes it')];
    expect(await compiled(oldRevocation(primary))).toEqual({ keys: [], problems });
    const harmless = [oldRevocation(primary, mallory), oldRevocation(primary, primary, 0x10)];
    expect(await compiled(...harmless)).toMatchObject({ keys: [{ revocation: null, signing: true }], problems: [] });
  });

  it('ignores one that another key made', async () => {
    expect(await compile(keyPacket(primary), revocation(primary, 2, {}, mallory), ...self)).toMatchObject([
      { revocation: null, signing: true },
    ]);
  });
});

describe('copies of one certificate (trust rule 2.2)', () => {
  const other = 'Alice <alice@old.example.com>';
  const copy = (...packets: readonly Uint8Array[]) => Buffer.concat([keyPacket(primary), ...packets]);
  const short = copy(directSignature(primary, { after: 10, lifetime: 1_000 }), userIdPacket(ALICE));
  const long = copy(userIdPacket(ALICE), selfSignature(primary, ALICE, { after: 20, lifetime: 2_000 }));
  const judge = async (...files: readonly Uint8Array[]) => (await compileKeyFiles(files)).map(({ keys }) => keys);

  it('are judged as one, in one file and in several, in any order', async () => {
    const ended = [{ signing: true, expires: created + 1_000, statedAt: created + 20 }];
    expect(await judge(short, long)).toMatchObject([ended, ended]);
    expect(await judge(long, short)).toMatchObject([ended, ended]);
    expect(await judge(Buffer.concat([short, long]))).toMatchObject([ended]);
    expect(await judge(long)).toMatchObject([[{ expires: created + 2_000 }]]);
  });

  it('give a user id that stands in several one history', async () => {
    const first = copy(userIdPacket(ALICE), selfSignature(primary, ALICE, { lifetime: 1_000 }));
    const renewed = copy(userIdPacket(ALICE), selfSignature(primary, ALICE, { after: 10 }));
    expect(await judge(first, renewed)).toMatchObject([[{ expires: null }], [{ expires: null }]]);
    const revoked = copy(userIdPacket(ALICE), userIdRevocation(primary, ALICE, { after: 30 }));
    const flaw = 'its certificate has no valid self-signature';
    expect(await judge(renewed, revoked)).toMatchObject([[{ unusable: flaw }], [{ unusable: flaw }]]);
    const twice = Buffer.concat([renewed, revoked.subarray(keyPacket(primary).length)]);
    expect(await judge(twice)).toMatchObject([[{ unusable: flaw }]]);
    const elsewhere = copy(userIdPacket(other), userIdRevocation(primary, other, { after: 30 }));
    expect(await judge(renewed, elsewhere)).toMatchObject([[{ expires: null }], [{ expires: null }]]);
  });

  it('give every file the subkeys of all, each with what all say of it', async () => {
    const bound = (...statements: readonly Uint8Array[]) => Buffer.concat([long, subkeyPacket(subkey), ...statements]);
    const good = bound(binding(primary, subkey, backSignature(primary, subkey)));
    const revoked = bound(
      binding(primary, subkey, null, { type: 0x28, flags: null, more: [[29, Buffer.from([2])]], after: 5 }),
    );
    const expected = [{ signing: true }, { signing: true, expires: created + 1_000, revocation: { kind: 'hard' } }];
    expect(await judge(good, revoked, short)).toMatchObject([expected, expected, expected]);
  });

  it('are revoked where one of them is (trust rule 3.3)', async () => {
    const soft = copy(revocation(primary, 3, { after: 200, more: [[29, Buffer.from([3])]] }));
    const sooner = copy(revocation(primary, 3, { after: 100, more: [[29, Buffer.from([3])]] }));
    for (const files of [
      [long, soft, sooner],
      [sooner, soft, long],
    ]) {
      const [keys] = await judge(...files);
      expect(keys).toMatchObject([{ revocation: { kind: 'soft', at: created + 100 } }]);
    }
    expect(await judge(soft, long, copy(revocation(primary, 2)))).toMatchObject(
      Array(3).fill([{ revocation: { kind: 'hard' } }]),
    );
  });

  it('count only together: one that cannot be read may be the one that says what was revoked', async () => {
    const broken = copy(Buffer.from([0xc2, 2, 4, 0x13]));
    const [read, unread] = await compileKeyFiles([long, broken]);
    const problem = 'Certificate 1 of the file cannot be read: ';
    expect(read).toEqual({ keys: [], problems: [`${problem}another copy of it cannot be read.`] });
    expect(unread).toEqual({ keys: [], problems: [expect.stringContaining(problem)] });
  });

  it('are no copies where another primary key stands in them, however alike', async () => {
    const stranger = Buffer.concat([keyPacket(mallory), short.subarray(keyPacket(primary).length)]);
    expect(await judge(long, stranger)).toMatchObject([[{ expires: created + 2_000 }], [{ spki: null }]]);
  });

  it('have no primary key that is spelled in another way', async () => {
    const body = Buffer.from(primary.body);
    const bits = primary.body.length - 35;
    body.writeUInt16BE(body.readUInt16BE(bits) + 1, bits);
    const spelled = Buffer.concat([keyPacket({ ...primary, body }), long.subarray(keyPacket(primary).length)]);
    const [compiled] = await compileKeyFiles([spelled]);
    expect(compiled).toEqual({ keys: [], problems: [expect.stringContaining('not written as it should be')] });
  });
});
