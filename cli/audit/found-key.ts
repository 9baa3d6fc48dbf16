import type { OpenPgpKey, SshKey } from '../../shared/model/signatory.ts';
import type { ForgeKind } from './forges.ts';

/** Where a key was found, which is no reason to trust it. */
export interface KeyPlace {
  readonly kind: 'file' | 'forge' | 'signatures';
  /** A path as the user named it, or a URL; '' where the signatures themselves carry the key. */
  readonly location: string;
  /** Whose the forge says that it is; null elsewhere, and of a key of the forge itself. */
  readonly user: string | null;
  /** The forge that says that this key is its own. */
  readonly own: ForgeKind | null;
}

/** Who signs hands over the key as well: nobody else says whose it is. */
export const IN_SIGNATURES: KeyPlace = { kind: 'signatures', location: '', user: null, own: null };

/** One OpenPGP certificate, compiled. */
export interface FoundCertificate {
  readonly format: 'openpgp';
  readonly place: KeyPlace;
  readonly primaryFingerprint: string;
  readonly keys: readonly OpenPgpKey[];
  /** Of its first user id, escaped and bounded; '' where it has none. */
  readonly name: string;
  readonly email: string;
  readonly bytes: Uint8Array;
  /** Certificates in the same file. */
  readonly companions: number;
}

export interface FoundSshKey {
  readonly format: 'ssh';
  readonly place: KeyPlace;
  readonly key: SshKey;
  /** The principal of an `allowed_signers` file or the comment of a `.pub` file, escaped and bounded; '' where there is none. */
  readonly owner: string;
}

export interface FoundKeys {
  readonly certificates: readonly FoundCertificate[];
  readonly sshKeys: readonly FoundSshKey[];
  /** What could not be read, one sentence each. */
  readonly problems: readonly string[];
}
