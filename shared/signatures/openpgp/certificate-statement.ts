import { createHash, createPublicKey, verify } from 'node:crypto';
import type { Key, SignaturePacket, Subkey } from 'openpgp';
import type { UnixSeconds } from '../../model/signatory.ts';
import { leftPad } from '../left-pad.ts';
import { ALGORITHM } from './algorithms.ts';
import { parseKeyPacket } from './parse-key-packet.ts';

export type KeyPacket = Key['keyPacket'] | Subkey['keyPacket'];

/** A signature in a certificate, with the check that openpgp.js makes of it. */
export interface Statement {
  readonly signature: SignaturePacket;
  /** Rejects where the signature is not valid. */
  verify(): Promise<void>;
  /** Whether it is one over a weak digest by an Edwards curve: openpgp.js refuses these unseen, and gpg goes by them. */
  isWeakOfEdwards(): boolean;
}

const SHA1 = 2;
const RIPEMD160 = 3;
/** Digests that are too short for an Edwards curve, by OpenPGP's numbers (RFC 9580, section 9.5). gpg takes no MD5 either. */
const SHORT_DIGESTS: ReadonlyMap<number | null, string> = new Map([
  [SHA1, 'sha1'],
  [RIPEMD160, 'ripemd160'],
  [11, 'sha224'],
]);
/** From this day on a SHA-1 self-signature is refused, as Sequoia refuses it: 2023-02-01. */
const SHA1_END = Date.UTC(2023, 1, 1) / 1000;

/** Each signature is checked as of its own time: windows are judged when a commit is. */
export function createStatement(signature: SignaturePacket, issuer: KeyPacket, type: number, data: object): Statement {
  // openpgp.js refuses what names other keys that may revoke this one: those are judged beside it.
  signature.revocationKeyClass = null;
  return {
    signature,
    verify: () => signature.verify(issuer, type, data, new Date(Number(signature.created))),
    isWeakOfEdwards: () => verifyShortDigest(signature, issuer, type, data),
  };
}

/** What openpgp.js has of a signature, and does not say in its types. */
interface EdwardsSignature {
  readonly publicKeyAlgorithm: number;
  readonly params: { readonly r: Uint8Array; readonly s: Uint8Array };
  toHash(type: number, data: object): Uint8Array;
}

const HALF_BYTES = 32;

/** The curve signs the digest as if it were the message (RFC 9580, section 5.2.3.3). @throws where the key cannot be used */
function verifyShortDigest(signature: SignaturePacket, issuer: KeyPacket, type: number, data: object): boolean {
  const digestName = SHORT_DIGESTS.get(signature.hashAlgorithm);
  if (digestName === undefined) return false;
  const read = signature as SignaturePacket & EdwardsSignature;
  const { eddsaLegacy } = ALGORITHM;
  if (read.publicKeyAlgorithm !== eddsaLegacy || issuer.algorithm !== eddsaLegacy) return false;
  const { r, s } = read.params;
  const digest = createHash(digestName).update(read.toHash(type, data)).digest();
  const { spki } = parseKeyPacket(issuer.write(), 4);
  const key = createPublicKey({ key: spki as Buffer, format: 'der', type: 'spki' });
  return verify(null, digest, key, Buffer.concat([leftPad(r, HALF_BYTES), leftPad(s, HALF_BYTES)]));
}

/** Of several equally new the last counts, as with gpg. What is over a weak digest counts only where it takes away. */
export async function newestValid(
  statements: readonly Statement[],
  { acceptWeak = false } = {},
): Promise<SignaturePacket | null> {
  const newestFirst = statements.toReversed().sort((a, b) => timeOf(b.signature) - timeOf(a.signature));
  for (const { signature, verify, isWeakOfEdwards } of newestFirst) {
    if (!acceptWeak && isWeak(signature)) continue;
    try {
      if (acceptWeak && isWeakOfEdwards()) return signature;
      await verify();
      return signature;
    } catch {
      // openpgp.js rejects a signature that is not valid; an older one may be.
    }
  }
  return null;
}

function isWeak(signature: SignaturePacket): boolean {
  const { hashAlgorithm } = signature;
  return hashAlgorithm === RIPEMD160 || (hashAlgorithm === SHA1 && timeOf(signature) >= SHA1_END);
}

/** When a key or a signature says that it was made. */
export function timeOf({ created }: { readonly created: Date | null }): UnixSeconds {
  return Math.floor(Number(created) / 1000);
}
