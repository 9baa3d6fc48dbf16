import { createPublicKey, type KeyObject } from 'node:crypto';
import type {
  OpenPgpKey,
  Revocation,
  Signatory,
  SigningKey,
  SshKey,
  UnixSeconds,
  X509Identity,
} from '../model/signatory.ts';
import { heavierRevocation } from './heavier-revocation.ts';
import { type KeyBlob, parseKeyBlob } from './ssh/parse-key-blob.ts';
import { createRevocationCheck, type RevocationCheck } from './ssh/revocation-check.ts';
import { createIdentityProof, type ProveIdentity } from './x509/prove-identity.ts';

/** A key and everybody whom the policy lists it for. */
export interface KeyringPlace<Key extends SigningKey = SigningKey> {
  readonly key: Key;
  readonly signatories: readonly Signatory[];
}

export interface KeyringEntry<Key extends SigningKey = SigningKey> extends KeyringPlace<Key> {
  /** Made on first use; throws where the key cannot be used. */
  publicKey(): KeyObject;
}

export interface SshKeyringEntry extends KeyringEntry<SshKey> {
  /** Read on first use; throws where the blob cannot be read. */
  keyBlob(): KeyBlob;
}

export interface X509KeyringEntry extends KeyringPlace<X509Identity> {
  readonly prove: ProveIdentity;
}

/**
 * One OpenPGP key in each certificate that holds it. Its owner's certificate is not the only one that may: anybody can put
 * another's key under a primary of their own, and must not change thereby what the owner states of it.
 */
export type KeyHoldings = readonly [KeyringEntry<OpenPgpKey>, ...KeyringEntry<OpenPgpKey>[]];

/** The keys of a policy, found in constant time whatever their number. */
export interface Keyring {
  /** One at most. */
  openPgpByFingerprint(fingerprint: string): readonly KeyHoldings[];
  /** Key ids collide: every key of the id. */
  openPgpByKeyId(keyId: string): readonly KeyHoldings[];
  /** By the public key blob in base64: once for each signatory and each set of conditions. */
  sshByBlob(blob: string): readonly SshKeyringEntry[];
  /** Likewise, of the keys that certify others and do not sign themselves. */
  sshAuthorities(blob: string): readonly SshKeyringEntry[];
  readonly isSshRevoked: RevocationCheck;
  /** Who may sign with an X.509 certificate. */
  readonly x509: readonly X509KeyringEntry[];
  readonly compromisedKeys: ReadonlySet<string>;
  /** The keys of SSH certificates that were found to be signed by an authority of this ring, by SHA-256 of the certificate. */
  readonly certifiedKeys: Map<string, KeyObject>;
}

/** @param compromisedKeys - fingerprints, of primary keys and authorities too, whose signatures are all void (trust rule 3.3) */
export function createKeyring(signatories: readonly Signatory[], compromisedKeys: readonly string[] = []): Keyring {
  const compromised = new Set(compromisedKeys);
  const ssh: SshListing[] = [];
  const x509: X509KeyringEntry[] = [];
  const openPgp = new Map<string, Listing<OpenPgpKey>>();
  for (const signatory of signatories) {
    for (const key of signatory.keys) {
      if (key.format === 'ssh') ssh.push({ key, signatory });
      else if (key.format === 'x509') x509.push({ key, signatories: [signatory], prove: createIdentityProof(key) });
      else mergeCopy(list(openPgp, holdingOf(key.primaryFingerprint, key.fingerprint), key, signatory), key);
    }
  }
  const entries = [...openPgp.values()].map((listing) => createOpenPgpEntry(listing, openPgp, compromised));
  // No group is empty.
  const holdings = [...Map.groupBy(entries, ({ key }) => key.fingerprint).values()] as unknown as KeyHoldings[];
  const byFingerprint = Map.groupBy(holdings, ([{ key }]) => key.fingerprint);
  const byKeyId = Map.groupBy(holdings, ([{ key }]) => key.keyId);
  const byBlob = indexSsh(ssh.filter(({ key }) => key.principals === undefined));
  const authorities = indexSsh(ssh.filter(({ key }) => key.principals !== undefined));
  return {
    openPgpByFingerprint: (fingerprint) => byFingerprint.get(fingerprint) ?? [],
    openPgpByKeyId: (keyId) => byKeyId.get(keyId) ?? [],
    sshByBlob: (blob) => byBlob.get(blob) ?? [],
    sshAuthorities: (blob) => authorities.get(blob) ?? [],
    isSshRevoked: createRevocationCheck([
      ...signatories.flatMap(({ sshRevocations }) => sshRevocations ?? []),
      { fingerprints: compromisedKeys.filter((key) => key.startsWith('SHA256:')), certificates: [] },
    ]),
    x509,
    compromisedKeys: compromised,
    certifiedKeys: new Map(),
  };
}

interface Listing<Key> {
  key: Key;
  readonly signatories: Signatory[];
}

function holdingOf(primaryFingerprint: string, fingerprint: string): string {
  return `${primaryFingerprint}:${fingerprint}`;
}

function list<Key>(listings: Map<string, Listing<Key>>, id: string, key: Key, signatory: Signatory): Listing<Key> {
  const listing = listings.get(id) ?? { key, signatories: [] };
  if (!listing.signatories.includes(signatory)) listing.signatories.push(signatory);
  listings.set(id, listing);
  return listing;
}

/**
 * Of two copies of a certificate the newest statement counts (trust rule 2.2), and no copy that lacks a revocation undoes it
 * (trust rule 3.3).
 */
function mergeCopy(listing: Listing<OpenPgpKey>, copy: OpenPgpKey): void {
  const newest = copy.statedAt > listing.key.statedAt ? copy : listing.key;
  listing.key = { ...newest, revocation: heavierRevocation(listing.key.revocation, copy.revocation) };
}

/** A copy without a subkey may be the one that revokes its primary, or ends it: a subkey ends with its primary. */
function createOpenPgpEntry(
  { key, signatories }: Listing<OpenPgpKey>,
  listings: ReadonlyMap<string, Listing<OpenPgpKey>>,
  compromised: ReadonlySet<string>,
): KeyringEntry<OpenPgpKey> {
  const isCompromised = compromised.has(key.fingerprint) || compromised.has(key.primaryFingerprint);
  const primary = listings.get(holdingOf(key.primaryFingerprint, key.primaryFingerprint));
  const revocation: Revocation | null = isCompromised
    ? { kind: 'hard' }
    : heavierRevocation(key.revocation, primary?.key.revocation ?? null);
  const expires = earlier(key.expires, primary?.key.expires ?? null);
  return {
    key: { ...key, expires, revocation },
    signatories,
    publicKey: onFirstUse(() => readPublicKey(Buffer.from(String(key.spki), 'base64'))),
  };
}

function earlier(one: UnixSeconds | null, other: UnixSeconds | null): UnixSeconds | null {
  if (one === null || other === null) return one ?? other;
  return Math.min(one, other);
}

interface SshListing {
  readonly key: SshKey;
  readonly signatory: Signatory;
}

function indexSsh(listings: readonly SshListing[]): ReadonlyMap<string, readonly SshKeyringEntry[]> {
  const groups = Map.groupBy(listings, ({ key }) => key.blob);
  return new Map(
    [...groups].map(([blob, group]) => {
      const keyBlob = onFirstUse(() => parseKeyBlob(Buffer.from(blob, 'base64')));
      const publicKey = onFirstUse(() => readPublicKey(keyBlob().spki));
      return [blob, group.map(({ key, signatory }) => ({ key, signatories: [signatory], keyBlob, publicKey }))];
    }),
  );
}

function readPublicKey(spki: Buffer): KeyObject {
  return createPublicKey({ key: spki, format: 'der', type: 'spki' });
}

function onFirstUse<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
