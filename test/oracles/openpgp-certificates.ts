import { createHash } from 'node:crypto';
import {
  backSignature,
  binding,
  type CertificateKey,
  createCertificateKey,
  directSignature,
  keyPacket,
  oldRevocation,
  revocation,
  selfSignature,
  subkeyPacket,
  userIdPacket,
  userIdRevocation,
} from '../support/forge-certificate.ts';
import { uint32 } from '../support/forge-openpgp.ts';

const DAY = 86_400;
const COMPROMISED = 2;
const RETIRED = 3;
const SUPERSEDED = 1;
const CERTIFY = 1;
const SIGN = 2;
const ENCRYPT = 0x0c;
const AUTHENTICATE = 0x20;
/** OpenPGP's number of it (RFC 9580, section 9.5). */
const SHA1 = 2;
const RIPEMD160 = 3;
const SHA224 = 11;
const UNKNOWN_CRITICAL = [0x80 | 60, Buffer.from('x')] as const;

/** A certificate put together packet by packet, and the key of it that signs commits. */
export interface ForgedCertificate {
  readonly what: string;
  readonly signer: CertificateKey;
  readonly packets: Buffer;
  /** Further exports of the same certificate, in files of other signatories. */
  readonly copies?: readonly Buffer[];
  /** When its primary key was made. */
  readonly start: number;
  /**
   * As it was before its soft revocation, and when that is dated. gpg does not ask when a key was retired; Headlock does
   * (trust rule 3.3), so of what was first seen before, gpg is asked by the certificate that was known then.
   */
  readonly retired?: { readonly at: number; readonly before: Buffer };
}

/** Every certificate has keys of its own: gpg would merge two certificates of one key. */
export function forgeCertificates(): readonly ForgedCertificate[] {
  return Object.entries(KINDS).map(([what, make]) => {
    const pair = new Pair();
    return { what: `certificate: ${what}`, start: pair.primary.record.created, ...make(pair) };
  });
}

type Made = Omit<ForgedCertificate, 'what' | 'start'>;

/** A primary key, a subkey and a stranger. */
class Pair {
  readonly primary = createCertificateKey();
  readonly subkey = createCertificateKey();
  readonly stranger = createCertificateKey();
  readonly name = `Alice ${this.primary.record.keyId} <alice@example.com>`;
  readonly other = `Alice ${this.primary.record.keyId} <alice@old.example.com>`;

  self(...statements: readonly Buffer[]): Buffer {
    return Buffer.concat([keyPacket(this.primary), userIdPacket(this.name), ...statements]);
  }

  sign(claim: Parameters<typeof selfSignature>[2] = {}): Buffer {
    return selfSignature(this.primary, this.name, claim);
  }

  revoked(reason: number | null, after = 80 * DAY): Made {
    const before = this.self(this.sign());
    const statement = revocation(this.primary, reason, { after });
    const packets = Buffer.concat([
      keyPacket(this.primary),
      statement,
      before.subarray(keyPacket(this.primary).length),
    ]);
    const isSoft = reason === RETIRED || reason === SUPERSEDED;
    return {
      signer: this.primary,
      packets,
      ...(isSoft && { retired: { at: this.primary.record.created + after, before } }),
    };
  }

  bound(...bindings: readonly Buffer[]): Made {
    const packets = Buffer.concat([this.self(this.sign()), subkeyPacket(this.subkey), ...bindings]);
    return { signer: this.subkey, packets };
  }

  get consent(): Buffer {
    return backSignature(this.primary, this.subkey);
  }
}

/** Days count from the creation of the primary key. */
const KINDS: Readonly<Record<string, (pair: Pair) => Made>> = {
  plain: (pair) => ({ signer: pair.primary, packets: pair.self(pair.sign()) }),
  '100 days': (pair) => ({ signer: pair.primary, packets: pair.self(pair.sign({ lifetime: 100 * DAY })) }),
  'renewed on day 60': (pair) => ({
    signer: pair.primary,
    packets: pair.self(pair.sign({ lifetime: 50 * DAY }), pair.sign({ after: 60 * DAY, lifetime: 200 * DAY })),
  }),
  'renewed, the new statement alone': (pair) => ({
    signer: pair.primary,
    packets: pair.self(pair.sign({ after: 60 * DAY, lifetime: 200 * DAY })),
  }),
  'renewed, for ever': (pair) => ({
    signer: pair.primary,
    packets: pair.self(pair.sign({ lifetime: 50 * DAY }), pair.sign({ after: 60 * DAY })),
  }),
  'renewed, in another order': (pair) => ({
    signer: pair.primary,
    packets: pair.self(pair.sign({ after: 60 * DAY, lifetime: 200 * DAY }), pair.sign({ lifetime: 50 * DAY })),
  }),
  'shortened on day 20': (pair) => ({
    signer: pair.primary,
    packets: pair.self(pair.sign(), pair.sign({ after: 20 * DAY, lifetime: 90 * DAY })),
  }),
  'shortened by SHA-1': (pair) => ({
    signer: pair.primary,
    packets: pair.self(pair.sign(), pair.sign({ after: 20 * DAY, lifetime: 90 * DAY, hash: SHA1 })),
  }),
  'renewed by SHA-1': (pair) => ({
    signer: pair.primary,
    packets: pair.self(
      pair.sign({ lifetime: 50 * DAY }),
      pair.sign({ after: 20 * DAY, lifetime: 200 * DAY, hash: SHA1 }),
    ),
  }),
  'shortened by SHA-1 over another key': (pair) => ({
    signer: pair.primary,
    packets: pair.self(
      pair.sign(),
      selfSignature(pair.subkey, pair.name, { after: 20 * DAY, lifetime: 90 * DAY, hash: SHA1 }, pair.primary),
    ),
  }),
  'a subkey shortened by SHA-1': (pair) => ({
    signer: pair.subkey,
    packets: pair.self(
      pair.sign(),
      subkeyPacket(pair.subkey),
      binding(pair.primary, pair.subkey, backSignature(pair.primary, pair.subkey)),
      binding(pair.primary, pair.subkey, backSignature(pair.primary, pair.subkey), {
        ...{ after: 20 * DAY, lifetime: 90 * DAY, hash: SHA1 },
      }),
    ),
  }),
  'revoked by SHA-1': (pair) => ({
    signer: pair.primary,
    packets: Buffer.concat([
      keyPacket(pair.primary),
      revocation(pair.primary, COMPROMISED, { hash: SHA1 }),
      userIdPacket(pair.name),
      pair.sign(),
    ]),
  }),
  'shortened by RIPEMD-160': (pair) => ({
    signer: pair.primary,
    packets: pair.self(pair.sign(), pair.sign({ after: 20 * DAY, lifetime: 90 * DAY, hash: RIPEMD160 })),
  }),
  'shortened by SHA-224': (pair) => ({
    signer: pair.primary,
    packets: pair.self(pair.sign(), pair.sign({ after: 20 * DAY, lifetime: 90 * DAY, hash: SHA224 })),
  }),
  'revoked by RIPEMD-160': (pair) => ({
    signer: pair.primary,
    packets: Buffer.concat([
      keyPacket(pair.primary),
      revocation(pair.primary, COMPROMISED, { hash: RIPEMD160 }),
      userIdPacket(pair.name),
      pair.sign(),
    ]),
  }),
  'a subkey that a later binding by SHA-1 leaves without consent': (pair) =>
    pair.bound(
      binding(pair.primary, pair.subkey, pair.consent),
      binding(pair.primary, pair.subkey, null, { after: 5 * DAY, hash: SHA1 }),
    ),
  'a user id of 50 days, and one of the same second of 200': (pair) => ({
    signer: pair.primary,
    packets: Buffer.concat([
      pair.self(pair.sign({ lifetime: 50 * DAY })),
      userIdPacket(pair.other),
      selfSignature(pair.primary, pair.other, { lifetime: 200 * DAY }),
    ]),
  }),
  'a user id of 50 days, and another of 200 that says nothing since': (pair) => ({
    signer: pair.primary,
    packets: Buffer.concat([
      pair.self(pair.sign({ lifetime: 50 * DAY })),
      userIdPacket(pair.other),
      selfSignature(pair.primary, pair.other, { after: 5 * DAY, lifetime: 200 * DAY }),
      selfSignature(pair.primary, pair.other, { after: 6 * DAY, flags: null }),
    ]),
  }),
  'a user id of 50 days, and a direct signature of 200 before one that names a revoker': (pair) => ({
    signer: pair.primary,
    packets: Buffer.concat([
      keyPacket(pair.primary),
      directSignature(pair.primary, { after: 5 * DAY, lifetime: 200 * DAY }),
      directSignature(pair.primary, { after: 6 * DAY, flags: null, more: [revoker(pair)] }),
      userIdPacket(pair.name),
      pair.sign({ lifetime: 50 * DAY }),
    ]),
  }),
  'revoked in version 3': (pair) => ({
    signer: pair.primary,
    packets: Buffer.concat([
      keyPacket(pair.primary),
      oldRevocation(pair.primary),
      userIdPacket(pair.name),
      pair.sign(),
    ]),
  }),
  'a user id revoked by SHA-1': (pair) => ({
    signer: pair.primary,
    packets: pair.self(pair.sign(), userIdRevocation(pair.primary, pair.name, { after: 20 * DAY, hash: SHA1 })),
  }),
  'renewed by another user id': (pair) => ({
    signer: pair.primary,
    packets: Buffer.concat([
      pair.self(pair.sign({ lifetime: 50 * DAY })),
      userIdPacket(pair.other),
      selfSignature(pair.primary, pair.other, { after: 30 * DAY, lifetime: 200 * DAY }),
    ]),
  }),
  'shortened by another user id': (pair) => ({
    signer: pair.primary,
    packets: Buffer.concat([
      pair.self(pair.sign({ lifetime: 200 * DAY })),
      userIdPacket(pair.other),
      selfSignature(pair.primary, pair.other, { after: 30 * DAY, lifetime: 50 * DAY }),
    ]),
  }),
  'a direct signature that says 50 days, a later user id that says 200': (pair) => ({
    signer: pair.primary,
    packets: Buffer.concat([
      keyPacket(pair.primary),
      directSignature(pair.primary, { lifetime: 50 * DAY }),
      userIdPacket(pair.name),
      pair.sign({ after: 30 * DAY, lifetime: 200 * DAY }),
    ]),
  }),
  'a direct signature that says 200 days, an older user id that says 50': (pair) => ({
    signer: pair.primary,
    packets: Buffer.concat([
      keyPacket(pair.primary),
      directSignature(pair.primary, { after: 30 * DAY, lifetime: 200 * DAY }),
      userIdPacket(pair.name),
      pair.sign({ lifetime: 50 * DAY }),
    ]),
  }),
  'a direct signature that may not sign, a later user id that may': (pair) => ({
    signer: pair.primary,
    packets: Buffer.concat([
      keyPacket(pair.primary),
      directSignature(pair.primary, { flags: CERTIFY }),
      userIdPacket(pair.name),
      pair.sign({ after: 30 * DAY }),
    ]),
  }),
  'made endless by another user id': (pair) => ({
    signer: pair.primary,
    packets: Buffer.concat([
      pair.self(pair.sign({ lifetime: 50 * DAY })),
      userIdPacket(pair.other),
      selfSignature(pair.primary, pair.other, { after: 30 * DAY }),
    ]),
  }),
  'made endless by a direct signature': (pair) => ({
    signer: pair.primary,
    packets: Buffer.concat([
      keyPacket(pair.primary),
      directSignature(pair.primary, { after: 30 * DAY }),
      userIdPacket(pair.name),
      pair.sign({ lifetime: 50 * DAY }),
    ]),
  }),
  'a direct signature without flags, 50 days, a later user id that may sign': (pair) => ({
    signer: pair.primary,
    packets: Buffer.concat([
      keyPacket(pair.primary),
      directSignature(pair.primary, { flags: null, lifetime: 50 * DAY }),
      userIdPacket(pair.name),
      pair.sign({ after: 30 * DAY }),
    ]),
  }),
  'may sign no longer, says another user id': (pair) => ({
    signer: pair.primary,
    packets: Buffer.concat([
      pair.self(pair.sign()),
      userIdPacket(pair.other),
      selfSignature(pair.primary, pair.other, { after: 30 * DAY, flags: CERTIFY }),
    ]),
  }),
  'may sign, says another user id': (pair) => ({
    signer: pair.primary,
    packets: Buffer.concat([
      pair.self(pair.sign({ flags: CERTIFY })),
      userIdPacket(pair.other),
      selfSignature(pair.primary, pair.other, { after: 30 * DAY }),
    ]),
  }),
  'its only user id revoked and stated again': (pair) => ({
    signer: pair.primary,
    packets: pair.self(
      pair.sign(),
      userIdRevocation(pair.primary, pair.name, { after: 10 * DAY }),
      pair.sign({ after: 20 * DAY }),
    ),
  }),
  'a later statement without flags': (pair) => ({
    signer: pair.primary,
    packets: pair.self(pair.sign({ lifetime: 100 * DAY }), pair.sign({ after: 30 * DAY, flags: null })),
  }),
  'retired, and stated again since': (pair) => {
    const { packets, retired, signer } = pair.revoked(RETIRED);
    const again = pair.sign({ after: 90 * DAY });
    return { signer, packets: Buffer.concat([packets, again]), ...(retired && { retired }) };
  },
  'its only user id revoked': (pair) => ({
    signer: pair.primary,
    packets: pair.self(pair.sign(), userIdRevocation(pair.primary, pair.name, { after: 10 * DAY })),
  }),
  'one of two user ids revoked': (pair) => ({
    signer: pair.primary,
    packets: Buffer.concat([
      pair.self(pair.sign({ lifetime: 100 * DAY })),
      userIdPacket(pair.other),
      selfSignature(pair.primary, pair.other, { after: 5 * DAY }),
      userIdRevocation(pair.primary, pair.other, { after: 10 * DAY }),
    ]),
  }),
  'a statement that expires itself': (pair) => ({
    signer: pair.primary,
    packets: pair.self(pair.sign({ more: [[3, uint32(50 * DAY)]] })),
  }),
  'a statement with an unknown critical subpacket': (pair) => ({
    signer: pair.primary,
    packets: pair.self(pair.sign({ more: [UNKNOWN_CRITICAL] })),
  }),
  'an older statement beside one with an unknown critical subpacket': (pair) => ({
    signer: pair.primary,
    packets: pair.self(pair.sign(), pair.sign({ after: 10 * DAY, more: [UNKNOWN_CRITICAL] })),
  }),
  'a statement of the future': (pair) => ({
    signer: pair.primary,
    packets: pair.self(pair.sign({ lifetime: 50 * DAY }), pair.sign({ after: 4_000 * DAY, lifetime: 5_000 * DAY })),
  }),
  'no statement': (pair) => ({ signer: pair.primary, packets: pair.self() }),
  'a statement of a stranger': (pair) => ({
    signer: pair.primary,
    packets: pair.self(selfSignature(pair.primary, pair.name, {}, pair.stranger)),
  }),
  'certification alone': (pair) => ({ signer: pair.primary, packets: pair.self(pair.sign({ flags: CERTIFY })) }),
  'authentication alone': (pair) => ({ signer: pair.primary, packets: pair.self(pair.sign({ flags: AUTHENTICATE })) }),
  'no flags': (pair) => ({ signer: pair.primary, packets: pair.self(pair.sign({ flags: null })) }),
  'no flags, 100 days': (pair) => ({
    signer: pair.primary,
    packets: pair.self(pair.sign({ flags: null, lifetime: 100 * DAY })),
  }),
  'made on day 40': (pair) => {
    const late = createdLater(pair.primary, 40 * DAY);
    const packets = [keyPacket(late), userIdPacket(pair.name), selfSignature(late, pair.name)];
    return { signer: late, packets: Buffer.concat(packets) };
  },
  retired: (pair) => pair.revoked(RETIRED),
  superseded: (pair) => pair.revoked(SUPERSEDED),
  compromised: (pair) => pair.revoked(COMPROMISED),
  'revoked without a reason given': (pair) => pair.revoked(0),
  'revoked without a reason at all': (pair) => pair.revoked(null),
  'revoked for a private reason': (pair) => pair.revoked(101),
  'revoked by a stranger': (pair) => ({
    signer: pair.primary,
    packets: Buffer.concat([
      keyPacket(pair.primary),
      revocation(pair.primary, COMPROMISED, {}, pair.stranger),
      userIdPacket(pair.name),
      pair.sign(),
    ]),
  }),
  'retired, then compromised': (pair) => {
    const { packets } = pair.revoked(RETIRED);
    const at = keyPacket(pair.primary).length;
    const hard = revocation(pair.primary, COMPROMISED, { after: 90 * DAY });
    return { signer: pair.primary, packets: Buffer.concat([packets.subarray(0, at), hard, packets.subarray(at)]) };
  },
  'a direct signature that stands after the user id, 200 days, the user id 50': (pair) => ({
    signer: pair.primary,
    packets: pair.self(
      pair.sign({ lifetime: 50 * DAY }),
      directSignature(pair.primary, { after: 30 * DAY, lifetime: 200 * DAY }),
    ),
  }),
  'a user id in two places, revoked in the second': (pair) => ({
    signer: pair.primary,
    packets: pair.self(
      pair.sign(),
      userIdPacket(pair.name),
      userIdRevocation(pair.primary, pair.name, { after: 10 * DAY }),
    ),
  }),
  'a user id in two places, renewed in the second': (pair) => ({
    signer: pair.primary,
    packets: pair.self(
      pair.sign({ lifetime: 50 * DAY }),
      userIdPacket(pair.name),
      pair.sign({ after: 30 * DAY, lifetime: 200 * DAY }),
    ),
  }),
  'a subkey in two places, revoked in the second': (pair) =>
    pair.bound(
      binding(pair.primary, pair.subkey, pair.consent),
      subkeyPacket(pair.subkey),
      subkeyRevocation(pair, COMPROMISED),
    ),
  'revoked by a designated revoker': (pair) => designated(pair, true),
  'revoked by a designated revoker, whose certificate is not there': (pair) => designated(pair, false),
  'itself as a subkey of 50 days': (pair) => ({
    signer: pair.primary,
    packets: pair.self(
      pair.sign(),
      subkeyPacket(pair.primary),
      binding(pair.primary, pair.primary, backSignature(pair.primary, pair.primary), { lifetime: 50 * DAY }),
    ),
  }),
  // Two copies in one file: gpg makes one certificate of them.
  'two copies, the newer renewed': (pair) => ({
    signer: pair.primary,
    packets: Buffer.concat([
      pair.self(pair.sign({ lifetime: 50 * DAY })),
      pair.self(pair.sign({ after: 30 * DAY, lifetime: 200 * DAY })),
    ]),
  }),
  'two copies, the newer shortened': (pair) => ({
    signer: pair.primary,
    packets: Buffer.concat([pair.self(pair.sign({ after: 30 * DAY, lifetime: 50 * DAY })), pair.self(pair.sign())]),
  }),
  'two copies, one retired': (pair) => {
    const { packets, retired } = pair.revoked(RETIRED);
    const copy = pair.self(pair.sign({ after: 90 * DAY }));
    const both = Buffer.concat([packets, copy]);
    return { signer: pair.primary, packets: both, ...(retired && { retired }) };
  },
  'two copies, one compromised': (pair) => ({
    signer: pair.primary,
    packets: Buffer.concat([pair.self(pair.sign({ after: 90 * DAY })), pair.revoked(COMPROMISED).packets]),
  }),
  'two copies, one whose user id is revoked': (pair) => ({
    signer: pair.primary,
    packets: Buffer.concat([
      pair.self(pair.sign(), userIdRevocation(pair.primary, pair.name, { after: 10 * DAY })),
      pair.self(pair.sign()),
    ]),
  }),
  'two copies, one without the subkey, and compromised': (pair) => ({
    signer: pair.subkey,
    packets: Buffer.concat([
      pair.bound(binding(pair.primary, pair.subkey, pair.consent)).packets,
      pair.revoked(COMPROMISED).packets,
    ]),
  }),
  'two copies, one without the subkey, and 50 days': (pair) => ({
    signer: pair.subkey,
    packets: Buffer.concat([
      pair.bound(binding(pair.primary, pair.subkey, pair.consent)).packets,
      pair.self(pair.sign({ after: 30 * DAY, lifetime: 50 * DAY })),
    ]),
  }),
  'two copies, one whose subkey may sign no longer': (pair) => ({
    signer: pair.subkey,
    packets: Buffer.concat([
      pair.bound(binding(pair.primary, pair.subkey, pair.consent)).packets,
      pair.bound(binding(pair.primary, pair.subkey, null, { after: 30 * DAY, flags: ENCRYPT })).packets,
    ]),
  }),
  // Two copies in the files of two signatories: gpg makes one certificate of them too.
  'two files, a direct signature that says 50 days, and a later user id that says 200': (pair) => ({
    signer: pair.primary,
    ...shortByDirect(pair),
  }),
  'two files, a user id that says 200 days, and an earlier direct signature that says 50': (pair) => {
    const { packets, copies } = shortByDirect(pair);
    return { signer: pair.primary, packets: copies[0] ?? packets, copies: [packets] };
  },
  'two files, a user id of 50 days, and a later one that is endless': (pair) => ({
    signer: pair.primary,
    packets: pair.self(pair.sign({ lifetime: 50 * DAY })),
    copies: [other(pair, { after: 30 * DAY })],
  }),
  'two files, an endless user id, and an earlier one of 50 days': (pair) => ({
    signer: pair.primary,
    packets: other(pair, { after: 30 * DAY }),
    copies: [pair.self(pair.sign({ lifetime: 50 * DAY }))],
  }),
  'two files, a user id of 50 days, and the same one renewed': (pair) => ({
    signer: pair.primary,
    packets: pair.self(pair.sign({ lifetime: 50 * DAY })),
    copies: [pair.self(pair.sign({ after: 30 * DAY, lifetime: 200 * DAY }))],
  }),
  'two files, a user id that may not sign, and an older one that may': (pair) => ({
    signer: pair.primary,
    packets: pair.self(pair.sign({ after: 30 * DAY, flags: CERTIFY })),
    copies: [other(pair)],
  }),
  'two files, one whose later user id is revoked': (pair) => ({
    signer: pair.primary,
    packets: Buffer.concat([
      pair.self(pair.sign({ lifetime: 50 * DAY })),
      other(pair, { after: 5 * DAY }).subarray(keyPacket(pair.primary).length),
    ]),
    copies: [
      pair.self(pair.sign(), userIdPacket(pair.other), userIdRevocation(pair.primary, pair.other, { after: 10 * DAY })),
    ],
  }),
  'two files, one compromised, which the other one holds as a subkey': (pair) => {
    const { primary, stranger } = pair;
    const name = `Adopter ${stranger.record.keyId} <a@example.com>`;
    const adopted = binding(stranger, primary, backSignature(stranger, primary));
    return {
      ...pair.revoked(COMPROMISED),
      copies: [
        Buffer.concat([
          keyPacket(stranger),
          userIdPacket(name),
          selfSignature(stranger, name),
          subkeyPacket(primary),
          adopted,
        ]),
      ],
    };
  },
  'two files, one compromised': (pair) => ({
    signer: pair.primary,
    packets: pair.self(pair.sign({ after: 90 * DAY })),
    copies: [pair.revoked(COMPROMISED).packets],
  }),
  'two files, a subkey, and its primary shortened by a direct signature': (pair) => ({
    signer: pair.subkey,
    packets: pair.bound(binding(pair.primary, pair.subkey, pair.consent)).packets,
    copies: [
      Buffer.concat([
        keyPacket(pair.primary),
        directSignature(pair.primary, { lifetime: 50 * DAY }),
        userIdPacket(pair.name),
        pair.sign(),
      ]),
    ],
  }),
  'two files, a subkey, and the same one revoked': (pair) => ({
    ...pair.bound(binding(pair.primary, pair.subkey, pair.consent)),
    copies: [pair.bound(subkeyRevocation(pair, COMPROMISED), binding(pair.primary, pair.subkey, pair.consent)).packets],
  }),
  'two files, a subkey, and the same one of 50 days': (pair) => ({
    ...pair.bound(binding(pair.primary, pair.subkey, pair.consent)),
    copies: [
      pair.bound(binding(pair.primary, pair.subkey, pair.consent, { after: 30 * DAY, lifetime: 50 * DAY })).packets,
    ],
  }),
  'a subkey': (pair) => pair.bound(binding(pair.primary, pair.subkey, pair.consent)),
  'a subkey of 100 days': (pair) =>
    pair.bound(binding(pair.primary, pair.subkey, pair.consent, { lifetime: 100 * DAY })),
  'a subkey renewed': (pair) =>
    pair.bound(
      binding(pair.primary, pair.subkey, pair.consent, { lifetime: 50 * DAY }),
      binding(pair.primary, pair.subkey, pair.consent, { after: 60 * DAY, lifetime: 200 * DAY }),
    ),
  'a subkey renewed for ever': (pair) =>
    pair.bound(
      binding(pair.primary, pair.subkey, pair.consent, { lifetime: 50 * DAY }),
      binding(pair.primary, pair.subkey, pair.consent, { after: 60 * DAY }),
    ),
  'a subkey shortened, in another order': (pair) =>
    pair.bound(
      binding(pair.primary, pair.subkey, pair.consent, { after: 60 * DAY, lifetime: 90 * DAY }),
      binding(pair.primary, pair.subkey, pair.consent),
    ),
  'a subkey that a later binding leaves without consent': (pair) =>
    pair.bound(
      binding(pair.primary, pair.subkey, pair.consent),
      binding(pair.primary, pair.subkey, null, { after: 60 * DAY }),
    ),
  'a subkey that may sign since day 60': (pair) =>
    pair.bound(
      binding(pair.primary, pair.subkey, null, { flags: ENCRYPT }),
      binding(pair.primary, pair.subkey, pair.consent, { after: 60 * DAY }),
    ),
  'a subkey whose binding expires itself': (pair) =>
    pair.bound(
      binding(pair.primary, pair.subkey, pair.consent, {
        more: [
          [3, uint32(50 * DAY)],
          [32, pair.consent],
        ],
      }),
    ),
  'a subkey whose primary has 100 days': (pair) => ({
    signer: pair.subkey,
    packets: Buffer.concat([
      pair.self(pair.sign({ lifetime: 100 * DAY })),
      subkeyPacket(pair.subkey),
      binding(pair.primary, pair.subkey, pair.consent),
    ]),
  }),
  'a subkey whose primary is retired': (pair) => {
    const { packets, retired } = pair.revoked(RETIRED);
    const sub = Buffer.concat([subkeyPacket(pair.subkey), binding(pair.primary, pair.subkey, pair.consent)]);
    return {
      signer: pair.subkey,
      packets: Buffer.concat([packets, sub]),
      ...(retired && { retired: { ...retired, before: Buffer.concat([retired.before, sub]) } }),
    };
  },
  'a subkey whose primary is compromised': (pair) => ({
    signer: pair.subkey,
    packets: Buffer.concat([
      pair.revoked(COMPROMISED).packets,
      subkeyPacket(pair.subkey),
      binding(pair.primary, pair.subkey, pair.consent),
    ]),
  }),
  'a subkey that is retired': (pair) => {
    const good = binding(pair.primary, pair.subkey, pair.consent);
    const at = pair.primary.record.created + 80 * DAY;
    return { ...pair.bound(subkeyRevocation(pair, RETIRED), good), retired: { at, before: pair.bound(good).packets } };
  },
  'a subkey that is compromised': (pair) =>
    pair.bound(subkeyRevocation(pair, COMPROMISED), binding(pair.primary, pair.subkey, pair.consent)),
  'a subkey without consent': (pair) => pair.bound(binding(pair.primary, pair.subkey, null)),
  'a subkey with the consent of a stranger': (pair) =>
    pair.bound(binding(pair.primary, pair.subkey, backSignature(pair.primary, pair.subkey, {}, pair.stranger))),
  'a subkey whose consent is not hashed': (pair) =>
    pair.bound(binding(pair.primary, pair.subkey, null, { unhashed: [[32, pair.consent]] })),
  'a subkey with the consent to a stranger': (pair) =>
    pair.bound(binding(pair.primary, pair.subkey, backSignature(pair.stranger, pair.subkey))),
  'a subkey that a stranger binds': (pair) =>
    pair.bound(binding(pair.primary, pair.subkey, pair.consent, {}, pair.stranger)),
  'a subkey without a binding': (pair) => pair.bound(),
  'a subkey that encrypts': (pair) => pair.bound(binding(pair.primary, pair.subkey, null, { flags: ENCRYPT })),
  'a subkey that authenticates': (pair) =>
    pair.bound(binding(pair.primary, pair.subkey, null, { flags: AUTHENTICATE })),
  'a subkey that encrypts since day 60': (pair) =>
    pair.bound(
      binding(pair.primary, pair.subkey, pair.consent, { flags: SIGN }),
      binding(pair.primary, pair.subkey, null, { after: 60 * DAY, flags: ENCRYPT }),
    ),
  'a subkey without flags': (pair) => pair.bound(binding(pair.primary, pair.subkey, pair.consent, { flags: null })),
  'a subkey whose primary has no statement': (pair) => ({
    signer: pair.subkey,
    packets: Buffer.concat([pair.self(), subkeyPacket(pair.subkey), binding(pair.primary, pair.subkey, pair.consent)]),
  }),
};

function revoker({ stranger }: Pair): readonly [number, Buffer] {
  return [12, Buffer.concat([Buffer.of(0x80, 22), Buffer.from(stranger.record.fingerprint, 'hex')])];
}

function designated(pair: Pair, isKnown: boolean): Made {
  const { primary, stranger } = pair;
  const packets = Buffer.concat([
    keyPacket(primary),
    revocation(primary, COMPROMISED, {}, stranger),
    directSignature(primary, { more: [revoker(pair)] }),
    userIdPacket(pair.name),
    pair.sign(),
  ]);
  const name = `Revoker ${stranger.record.keyId} <r@example.com>`;
  const certificate = Buffer.concat([keyPacket(stranger), userIdPacket(name), selfSignature(stranger, name)]);
  return { signer: primary, packets, ...(isKnown && { copies: [certificate] }) };
}

/** The same certificate with another user id. */
function other({ primary, other }: Pair, claim: Parameters<typeof selfSignature>[2] = {}): Buffer {
  return Buffer.concat([keyPacket(primary), userIdPacket(other), selfSignature(primary, other, claim)]);
}

function shortByDirect(pair: Pair) {
  const key = keyPacket(pair.primary);
  const direct = directSignature(pair.primary, { lifetime: 50 * DAY });
  const packets = Buffer.concat([key, direct, userIdPacket(pair.name), pair.sign({ lifetime: 50 * DAY })]);
  return { packets, copies: [other(pair, { after: 30 * DAY, lifetime: 200 * DAY })] };
}

function subkeyRevocation({ primary, subkey }: Pair, reason: number): Buffer {
  const more = [[29, Buffer.of(reason)] as const];
  return binding(primary, subkey, null, { type: 0x28, flags: null, after: 80 * DAY, more });
}

/** The same numbers under another date are another key. */
function createdLater(key: CertificateKey, seconds: number): CertificateKey {
  const created = key.record.created + seconds;
  const body = Buffer.from(key.body);
  body.writeUInt32BE(created, 1);
  const hashed = Buffer.concat([Buffer.of(0x99, body.length >> 8, body.length & 0xff), body]);
  const fingerprint = createHash('sha1').update(hashed).digest('hex');
  const record = {
    ...key.record,
    created,
    fingerprint,
    keyId: fingerprint.slice(-16),
    primaryFingerprint: fingerprint,
  };
  return { ...key, record, body };
}
