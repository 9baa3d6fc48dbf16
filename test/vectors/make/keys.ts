import {
  type CertificateKey,
  type Claim,
  createCertificateKey,
  keyPacket,
  selfSignature,
  userIdPacket,
} from '../../support/forge-certificate.ts';
import { type Forgery, forgeSignature } from '../../support/forge-openpgp.ts';
import { createGpgKey, exportPublicKey, type GpgKey, type GpgKeyOptions, signWithGpg } from '../../support/signing.ts';
import { KEYS_MADE, SIGNED, type Signer, type Workshop } from './workshop.ts';

export const ALICE = 'Alice <alice@example.com>';

/** A key of gpg's own, made when all keys are, and how it signs. */
export interface GpgSigner {
  readonly key: GpgKey;
  readonly sign: Signer;
  /** Signs as `options` say. */
  by(options: { readonly at?: number; readonly args?: readonly string[]; readonly key?: string }): Signer;
  /** The armored certificate as it stands now. */
  certificate(): Promise<string>;
}

export async function createGpgSigner({ home }: Workshop, options: GpgKeyOptions = {}): Promise<GpgSigner> {
  const key = await createGpgKey({ home, at: KEYS_MADE, ...options });
  const by: GpgSigner['by'] = ({ at = SIGNED, args = [], key: which = key.fingerprint }) => {
    return (payload) => signWithGpg(home, which, payload, { at, args });
  };
  return { key, by, sign: by({}), certificate: async () => (await exportPublicKey(key)).toString() };
}

/** A key whose signatures and certificate are put together packet by packet. */
export interface ForgedSigner {
  readonly key: CertificateKey;
  by(forgery?: Forgery): Signer;
}

/** `created` of the forged keys is what forge-openpgp says: long before. */
export function createForgedSigner(key: CertificateKey = createCertificateKey()): ForgedSigner {
  return {
    key,
    by:
      (forgery = {}) =>
      (payload) =>
        forgeSignature(key, payload, { created: SIGNED, ...forgery }),
  };
}

/** An armored certificate of a forged primary key and whatever follows its self-signature. */
export function forgeCertificate(
  key: CertificateKey,
  { claim = {}, before = [], more = [] }: { claim?: Claim; before?: readonly Buffer[]; more?: readonly Buffer[] } = {},
): string {
  const packets = [keyPacket(key), ...before, userIdPacket(ALICE), selfSignature(key, ALICE, claim), ...more];
  return armorCertificate(Buffer.concat(packets));
}

export function armorCertificate(packets: Uint8Array): string {
  const base64 =
    Buffer.from(packets)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  const [begin, end] = ['BEGIN', 'END'].map((what) => `-----${what} PGP PUBLIC KEY BLOCK-----`);
  return [begin, '', ...base64, end, ''].join('\n');
}

/** The same numbers, of which the first says that it has more bits, or fewer. */
export function countWholeBytes(material: Buffer): Buffer {
  return recount(material, (bits) => Math.ceil(bits / 8) * 8);
}

export function countOneLess(material: Buffer): Buffer {
  return recount(material, (bits) => bits - 1);
}

function recount(material: Buffer, change: (bits: number) => number): Buffer {
  const recounted = Buffer.from(material);
  recounted.writeUInt16BE(change(material.readUInt16BE(0)));
  return recounted;
}

/** The same number with eight zero bits before it: another spelling (RFC 9580, section 3.2 allows one). */
export function widenNumber(material: Buffer): Buffer {
  const bits = material.readUInt16BE(0);
  const length = (bits + 7) >> 3;
  const wider = Buffer.from([(bits + 8) >> 8, (bits + 8) & 0xff, 0]);
  return Buffer.concat([wider, material.subarray(2, 2 + length), material.subarray(2 + length)]);
}
