import type { Key, SignaturePacket, Subkey } from 'openpgp';
import type { UnixSeconds } from '../../model/signatory.ts';

export type KeyPacket = Key['keyPacket'] | Subkey['keyPacket'];

/** A signature in a certificate, with the check that openpgp.js makes of it. */
export interface Statement {
  readonly signature: SignaturePacket;
  /** Rejects where the signature is not valid. */
  verify(): Promise<void>;
}

const SHA1 = 2;
/** From this day on a SHA-1 self-signature is refused, as Sequoia refuses it: 2023-02-01. */
const SHA1_END = Date.UTC(2023, 1, 1) / 1000;

/** Each signature is checked as of its own time: windows are judged when a commit is. */
export function createStatement(signature: SignaturePacket, issuer: KeyPacket, type: number, data: object): Statement {
  // openpgp.js refuses what names other keys that may revoke this one: those are judged beside it.
  signature.revocationKeyClass = null;
  return { signature, verify: () => signature.verify(issuer, type, data, new Date(Number(signature.created))) };
}

/** Of several equally new the last counts, as with gpg. SHA-1 counts only where it takes away. */
export async function newestValid(
  statements: readonly Statement[],
  { acceptSha1 = false } = {},
): Promise<SignaturePacket | null> {
  const newestFirst = statements.toReversed().sort((a, b) => timeOf(b.signature) - timeOf(a.signature));
  for (const { signature, verify } of newestFirst) {
    if (!acceptSha1 && signature.hashAlgorithm === SHA1 && timeOf(signature) >= SHA1_END) continue;
    try {
      await verify();
      return signature;
    } catch {
      // openpgp.js rejects a signature that is not valid; an older one may be.
    }
  }
  return null;
}

/** When a key or a signature says that it was made. */
export function timeOf({ created }: { readonly created: Date | null }): UnixSeconds {
  return Math.floor(Number(created) / 1000);
}
