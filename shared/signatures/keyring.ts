import { createPublicKey, type KeyObject } from 'node:crypto';
import type { OpenPgpKey, Signatory, SigningKey, SshKey, X509Identity } from '../model/signatory.ts';
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
  const openPgp = new Map<string, [OpenPgpListing, ...OpenPgpListing[]]>();
  for (const signatory of signatories) {
    for (const key of signatory.keys) {
      if (key.format === 'ssh') ssh.push({ key, signatory });
      else if (key.format === 'x509')
        x509.push({ key, signatories: [signatory], prove: createIdentityProof(key, compromised) });
      else {
        const listings = openPgp.get(key.fingerprint);
        if (listings === undefined) openPgp.set(key.fingerprint, [{ key, signatory }]);
        else listings.push({ key, signatory });
      }
    }
  }
  const byBlob = indexSsh(ssh.filter(({ key }) => key.principals === undefined));
  const authorities = indexSsh(ssh.filter(({ key }) => key.principals !== undefined));
  return {
    ...indexOpenPgp(openPgp, compromised),
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

/** A key as one certificate of one signatory has it. */
interface OpenPgpListing {
  readonly key: OpenPgpKey;
  readonly signatory: Signatory;
}

type Copies = readonly [OpenPgpListing, ...OpenPgpListing[]];

/** By fingerprint. */
type OpenPgpListings = ReadonlyMap<string, Copies>;

/** What a branch's commits are signed with is a small part of a large ring: nothing is made before it is asked for. */
function indexOpenPgp(
  listings: OpenPgpListings,
  compromised: ReadonlySet<string>,
): Pick<Keyring, 'openPgpByFingerprint' | 'openPgpByKeyId'> {
  const made = new Map<string, KeyHoldings>();
  const find = (fingerprint: string): readonly KeyHoldings[] => {
    const known = made.get(fingerprint);
    if (known !== undefined) return [known];
    const copies = listings.get(fingerprint);
    if (copies === undefined) return [];
    const holdings = createHoldings(copies, compromised);
    made.set(fingerprint, holdings);
    return [holdings];
  };
  const byKeyId = onFirstUse(() => Map.groupBy(listings.keys(), (one) => String(listings.get(one)?.[0].key.keyId)));
  return {
    openPgpByFingerprint: find,
    openPgpByKeyId: (keyId) => (byKeyId().get(keyId) ?? []).flatMap(find),
  };
}

function createHoldings(copies: Copies, compromised: ReadonlySet<string>): KeyHoldings {
  // No group is empty, and there is one at least.
  const certificates = Map.groupBy(copies, ({ key }) => key.primaryFingerprint) as ReadonlyMap<string, unknown>;
  const groups = [...certificates.values()] as readonly Copies[];
  // Trust rule 3.3: what its owner calls compromised is void whoever holds it. None but the owner signs its own certificate.
  const isVoid = copies.some(
    ({ key }) => key.fingerprint === key.primaryFingerprint && key.revocation?.kind === 'hard',
  );
  return groups.map((group) => createOpenPgpEntry(group, isVoid, compromised)) as unknown as KeyHoldings;
}

/** A policy's copies of a certificate were judged as one: whoever it is listed for, its records are the same. */
function createOpenPgpEntry(
  copies: Copies,
  isVoid: boolean,
  compromised: ReadonlySet<string>,
): KeyringEntry<OpenPgpKey> {
  const [{ key }] = copies;
  const isCompromised = isVoid || compromised.has(key.fingerprint) || compromised.has(key.primaryFingerprint);
  return {
    key: isCompromised ? { ...key, revocation: { kind: 'hard' } } : key,
    signatories: [...new Set(copies.map(({ signatory }) => signatory))],
    publicKey: onFirstUse(() => readPublicKey(Buffer.from(String(key.spki), 'base64'))),
  };
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
