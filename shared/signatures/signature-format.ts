import type { SignatureFormat, SignatureKeys } from '../model/verdict.ts';
import type { ArmorLines } from './armor-lines.ts';
import type { Keyring, KeyringPlace } from './keyring.ts';
import type { Checks } from './signature-check.ts';
import type { SshCertificate } from './ssh/parse-certificate.ts';

/** A signature that is cryptographically good: whether its key may sign, and at what times, is not yet judged. */
export interface ProvenSignature {
  readonly format: SignatureFormat;
  /** The key that made it, in each place of the ring that holds it. */
  readonly entries: readonly KeyringPlace[];
  /** The signature's own creation time in seconds since 1970; null where its format has none. */
  readonly signedAt: number | null;
  /** When the signature itself says that it ends, in seconds since 1970. */
  readonly expiresAt: number | null;
  /** The certificate that an SSH key came in. */
  readonly certificate: SshCertificate | null;
  /** What an X.509 signature rests on. */
  readonly x509Keys?: SignatureKeys;
}

/**
 * Reads an armored signature and finds the key of the ring that made it over these bytes.
 * @throws RefusedSignature with the reason, or MalformedError.
 */
export type ProveSignature = (payload: Uint8Array, armor: ArmorLines, keyring: Keyring) => Checks<ProvenSignature>;
