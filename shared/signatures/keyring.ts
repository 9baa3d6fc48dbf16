import { createPublicKey, type KeyObject } from 'node:crypto';
import type { OpenPgpKey, Revocation, Signatory, SigningKey, SshKey } from '../model/signatory.ts';
import { heavierRevocation } from './heavier-revocation.ts';
import { parseKeyBlob } from './ssh/parse-key-blob.ts';

/** A key and everybody whom the policy lists it for. */
export interface KeyringEntry<Key extends SigningKey = SigningKey> {
  readonly key: Key;
  readonly signatories: readonly Signatory[];
  /** Made on first use; throws where the key cannot be used. */
  publicKey(): KeyObject;
}

/** The keys of a policy, found in constant time whatever their number. */
export interface Keyring {
  openPgpByFingerprint(fingerprint: string): KeyringEntry<OpenPgpKey> | undefined;
  /** Key ids collide: every key of the id. */
  openPgpByKeyId(keyId: string): readonly KeyringEntry<OpenPgpKey>[];
  /** By the public key blob in base64. */
  sshByBlob(blob: string): KeyringEntry<SshKey> | undefined;
}

interface Listing<Key> {
  key: Key;
  readonly signatories: Signatory[];
}

export function createKeyring(signatories: readonly Signatory[]): Keyring {
  const openPgp = new Map<string, Listing<OpenPgpKey>>();
  const ssh = new Map<string, Listing<SshKey>>();
  const revocations = new Map<string, Revocation>();
  for (const signatory of signatories) {
    for (const key of signatory.keys) {
      if (key.format === 'ssh') list(ssh, key.blob, key, signatory);
      else {
        const listing = list(openPgp, key.fingerprint, key, signatory);
        // Trust rule 2.2: the newest statement of the key's owner counts, in whichever copy of the certificate it stands.
        if (key.statedAt > listing.key.statedAt) listing.key = key;
        const revocation = heavierRevocation(revocations.get(key.fingerprint) ?? null, key.revocation);
        if (revocation !== null) revocations.set(key.fingerprint, revocation);
      }
    }
  }
  const entries = new Map<string, KeyringEntry<OpenPgpKey>>();
  for (const [fingerprint, listing] of openPgp) {
    entries.set(fingerprint, createOpenPgpEntry(withRevocation(listing.key, revocations), listing.signatories));
  }
  const byKeyId = Map.groupBy(entries.values(), ({ key }) => key.keyId);
  const byBlob = new Map([...ssh].map(([blob, { key, signatories }]) => [blob, createSshEntry(key, signatories)]));
  return {
    openPgpByFingerprint: (fingerprint) => entries.get(fingerprint),
    openPgpByKeyId: (keyId) => byKeyId.get(keyId) ?? [],
    sshByBlob: (blob) => byBlob.get(blob),
  };
}

function list<Key>(listings: Map<string, Listing<Key>>, id: string, key: Key, signatory: Signatory): Listing<Key> {
  const listing = listings.get(id) ?? { key, signatories: [] };
  if (!listing.signatories.includes(signatory)) listing.signatories.push(signatory);
  listings.set(id, listing);
  return listing;
}

/** Trust rule 3.3: no copy of a certificate that lacks a revocation undoes it, and a revoked primary revokes its subkeys. */
function withRevocation(key: OpenPgpKey, revocations: ReadonlyMap<string, Revocation>): OpenPgpKey {
  const own = revocations.get(key.fingerprint) ?? null;
  return { ...key, revocation: heavierRevocation(own, revocations.get(key.primaryFingerprint) ?? null) };
}

function createOpenPgpEntry(key: OpenPgpKey, signatories: readonly Signatory[]): KeyringEntry<OpenPgpKey> {
  return { key, signatories, publicKey: onFirstUse(() => Buffer.from(key.spki ?? '', 'base64')) };
}

function createSshEntry(key: SshKey, signatories: readonly Signatory[]): KeyringEntry<SshKey> {
  return { key, signatories, publicKey: onFirstUse(() => parseKeyBlob(Buffer.from(key.blob, 'base64')).spki) };
}

function onFirstUse(spki: () => Buffer): () => KeyObject {
  let publicKey: KeyObject | undefined;
  return () => {
    publicKey ??= createPublicKey({ key: spki(), format: 'der', type: 'spki' });
    return publicKey;
  };
}
