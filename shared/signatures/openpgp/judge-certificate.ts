import type { Key, SignaturePacket, Subkey, User } from 'openpgp';
import type { OpenPgpKey, Revocation, UnixSeconds } from '../../model/signatory.ts';
import { createStatement, type KeyPacket, newestValid, type Statement, timeOf } from './certificate-statement.ts';
import { heavierRevocation } from './heavier-revocation.ts';
import { parseKeyPacket } from './parse-key-packet.ts';

/** Signature types (RFC 9580, section 5.2.1). */
const TYPE = {
  certification: 0x10,
  subkeyBinding: 0x18,
  backSignature: 0x19,
  directKey: 0x1f,
  keyRevocation: 0x20,
  subkeyRevocation: 0x28,
  certificationRevocation: 0x30,
} as const;

/** Reasons of revocation that are soft (RFC 9580, section 5.2.3.31): superseded, retired. Every other voids all signatures. */
const SOFT_REASONS: ReadonlySet<number> = new Set([1, 3]);
const HARD: Revocation = { kind: 'hard' };
const MAY_SIGN = 0x02;

/** What the owner of a key states of it. */
interface Claims {
  readonly statedAt: UnixSeconds;
  readonly expires: UnixSeconds | null;
  readonly signing: boolean;
  readonly revocation: Revocation | null;
  /** What is wrong with the certificate, so that this key signs nothing; null where nothing is. */
  readonly flaw: string | null;
}

/** Copies of one certificate. Each says what it was when it was exported: only together do they say what it is. */
export type Copies = readonly [Key, ...Key[]];

/**
 * Every key of a certificate with what its owner states of it, in whichever copy (trust rule 2.2). openpgp.js checks the
 * signatures.
 */
export async function judgeCertificate(copies: Copies): Promise<OpenPgpKey[]> {
  const [{ keyPacket: primaryPacket }] = copies;
  const claims = await judgePrimary(copies);
  const primary = createRecord(primaryPacket, primaryPacket, claims);
  const keys = [primary];
  const subkeys = copies.flatMap((copy) => copy.subkeys);
  for (const [, same] of Map.groupBy(subkeys, (subkey) => subkey.getFingerprint())) {
    const [{ keyPacket }] = same as [Subkey];
    const own = await judgeSubkey(primaryPacket, keyPacket, same);
    keys.push(createRecord(primaryPacket, keyPacket, underPrimary(own, claims, primary.unusable)));
  }
  return keys;
}

async function judgePrimary(copies: Copies): Promise<Claims> {
  const [{ keyPacket: key }] = copies;
  const direct = directStatements(copies);
  const users = copies.flatMap((copy) => copy.users);
  const ofUsers: Statement[][] = [];
  for (const [, same] of Map.groupBy(users, nameUser)) {
    ofUsers.push(await certificationsOf(same, key));
  }
  const all = [direct, ...ofUsers].flat();
  const newest = await newestValid(all.filter(speaksOfKey));
  const revocations = copies.flatMap((copy) => copy.revocationSignatures);
  const revocation = (await isRevokedByOther(all, revocations, key))
    ? HARD
    : await revocationOf(revocations, key, TYPE.keyRevocation, { key });
  if (newest === null) return refused(revocation, 'its certificate has no valid self-signature');
  const claims = readClaims(newest, key);
  const { expires, signing } = await findPrecedent(direct, ofUsers, key);
  return {
    ...claims,
    expires: earlier(claims.expires, expires),
    signing: claims.signing && signing !== false,
    revocation,
    flaw: null,
  };
}

/**
 * What gpg goes by where the self-signatures of a key differ: those over the key itself before those of user ids, of these
 * the newest that says anything of expiry, or of flags. Trust rule 2.2 lets the newest of all count; what gpg looks at instead
 * can take away from that, so that no key counts here which its owner sees expired there.
 */
async function findPrecedent(
  direct: readonly Statement[],
  ofUsers: readonly (readonly Statement[])[],
  key: KeyPacket,
): Promise<{ readonly expires: UnixSeconds | null; readonly signing: boolean | null }> {
  const ofUser: SignaturePacket[] = [];
  for (const statements of ofUsers) ofUser.push(...(await newestOf(statements)));
  // Of user ids that are equally new the first counts.
  const newestFirst = [...(await newestOf(direct)), ...ofUser.sort((a, b) => timeOf(b) - timeOf(a))];
  const [ending] = newestFirst.filter(({ keyExpirationTime }) => keyExpirationTime);
  const [flagged] = newestFirst.filter(({ keyFlags }) => keyFlags !== null);
  return {
    expires: ending === undefined ? null : readClaims(ending, key).expires,
    signing: flagged === undefined ? null : readClaims(flagged, key).signing,
  };
}

/** The newest in an array, which is empty where none is valid. One that says nothing hides an older one that does. */
async function newestOf(statements: readonly Statement[]): Promise<SignaturePacket[]> {
  const newest = await newestValid(statements, { acceptWeak: true });
  return newest === null ? [] : [newest];
}

function directStatements(copies: Copies): Statement[] {
  const [{ keyPacket: key }] = copies;
  // openpgp.js keeps them, and does not say so in its types.
  return copies
    .flatMap((copy) => (copy as Key & { readonly directSignatures: readonly SignaturePacket[] }).directSignatures)
    .filter(({ signatureType }) => signatureType === TYPE.directKey)
    .map((signature) => createStatement(signature, key, TYPE.directKey, { key }));
}

/** What a user id or attribute is, byte by byte. */
function nameUser({ userID, userAttribute }: User): string {
  return [userID?.write(), userAttribute?.write()].join(';');
}

/** The self-certifications of a user id, in each place where it stands, that were not revoked since. */
async function certificationsOf(places: readonly User[], key: KeyPacket): Promise<Statement[]> {
  const revocations: Statement[] = [];
  const certifications: Statement[] = [];
  for (const { userID, userAttribute, revocationSignatures, selfCertifications } of places) {
    const data = { userID, userAttribute, key };
    const stated = (type: number) => (one: SignaturePacket) => createStatement(one, key, type, data);
    revocations.push(...revocationSignatures.map(stated(TYPE.certificationRevocation)));
    certifications.push(...selfCertifications.map(stated(TYPE.certification)));
  }
  const revoked = await newestValid(revocations, { acceptWeak: true });
  return certifications.filter(({ signature }) => revoked === null || timeOf(signature) > timeOf(revoked));
}

/** @param places - the subkey, in each place where it stands */
async function judgeSubkey(primary: KeyPacket, key: KeyPacket, places: readonly Subkey[]): Promise<Claims> {
  const data = { key: primary, bind: key };
  const revocations = places.flatMap((subkey) => subkey.revocationSignatures);
  const revocation = await revocationOf(revocations, primary, TYPE.subkeyRevocation, data);
  const bindings = places
    .flatMap((subkey) => subkey.bindingSignatures)
    .map((one) => createStatement(one, primary, TYPE.subkeyBinding, data));
  const binding = await newestValid(bindings);
  const newest = await newestValid(bindings, { acceptWeak: true });
  if (binding === null || newest === null) return refused(revocation, 'its certificate does not validly bind it');
  const own = readClaims(binding, key);
  // A newer one over a weak digest, which gpg goes by, takes away too.
  const { expires, signing } = readClaims(newest, key);
  const claims = { ...own, expires: earlier(own.expires, expires), signing: own.signing && signing };
  if (!claims.signing) return { ...claims, revocation, flaw: null };
  // Trust rule 2.2: without the subkey's own consent anybody could adopt it.
  const isConsented =
    (await consentTo(binding, key, data)) && (await consentTo(newest, key, data, { acceptWeak: true }));
  if (!isConsented) return refused(revocation, 'its binding lacks a valid back-signature');
  return { ...claims, revocation, flaw: null };
}

/** Whether a subkey agrees to its binding. */
async function consentTo(
  { embeddedSignature: back }: SignaturePacket,
  key: KeyPacket,
  data: object,
  options = {},
): Promise<boolean> {
  if (back?.signatureType !== TYPE.backSignature) return false;
  return (await newestValid([createStatement(back, key, TYPE.backSignature, data)], options)) !== null;
}

/**
 * The owner may name other keys that revoke this one too (RFC 9580, section 5.2.3.23), as `addrevoker` of gpg does. Proving that
 * one of them did takes its certificate, which may not be at hand: where one is named, whoever made a revocation is believed.
 */
async function isRevokedByOther(
  statements: readonly Statement[],
  revocations: readonly SignaturePacket[],
  key: KeyPacket,
): Promise<boolean> {
  if (!revocations.some(({ issuerKeyID }) => !issuerKeyID.equals(key.getKeyID()))) return false;
  const naming = statements.filter(({ signature }) => signature.revocationKeyFingerprint !== null);
  return (await newestValid(naming, { acceptWeak: true })) !== null;
}

/** A subkey's window and revocation end with its primary's, and a primary that cannot be trusted binds nothing. */
function underPrimary(own: Claims, primary: Claims, primaryUnusable: string | null): Claims {
  const flaw = primaryUnusable === null ? own.flaw : `its primary key cannot bind it: ${primaryUnusable}`;
  return {
    statedAt: Math.max(own.statedAt, primary.statedAt),
    expires: earlier(own.expires, primary.expires),
    signing: own.signing && flaw === null,
    revocation: heavierRevocation(own.revocation, primary.revocation),
    flaw,
  };
}

function createRecord(primary: KeyPacket, packet: KeyPacket, claims: Claims): OpenPgpKey {
  const version = packet.version === 6 ? 6 : 4;
  const material = parseKeyPacket(packet.write(), version);
  const unusable = material.unusable ?? claims.flaw;
  return {
    format: 'openpgp',
    fingerprint: packet.getFingerprint(),
    keyId: packet.getKeyID().toHex(),
    primaryFingerprint: primary.getFingerprint(),
    version,
    algorithm: packet.algorithm,
    bits: material.bits,
    created: timeOf(packet),
    expires: claims.expires,
    statedAt: claims.statedAt,
    revocation: claims.revocation,
    signing: claims.signing,
    spki: unusable === null && material.spki !== null ? material.spki.toString('base64') : null,
    unusable,
  };
}

function readClaims(signature: SignaturePacket, key: KeyPacket): Pick<Claims, 'statedAt' | 'expires' | 'signing'> {
  const statedAt = timeOf(signature);
  // 0 says that it never ends.
  const lifetime = signature.keyExpirationTime || null;
  const statementLifetime = signature.signatureExpirationTime || null;
  const [flags = 0] = signature.keyFlags ?? [];
  return {
    statedAt,
    expires: earlier(
      lifetime === null ? null : timeOf(key) + lifetime,
      statementLifetime === null ? null : statedAt + statementLifetime,
    ),
    signing: (flags & MAY_SIGN) !== 0,
  };
}

function refused(revocation: Revocation | null, flaw: string): Claims {
  return { statedAt: 0, expires: null, signing: false, revocation, flaw };
}

/** Some self-signatures, as those of a version 6 user id, say nothing of flags and expiry. */
function speaksOfKey({ signature: { keyFlags, keyExpirationTime } }: Statement): boolean {
  return keyFlags !== null || keyExpirationTime !== null;
}

/** Trust rule 3.3: the heaviest of a key's valid revocations. */
async function revocationOf(
  signatures: readonly SignaturePacket[],
  issuer: KeyPacket,
  type: number,
  data: object,
): Promise<Revocation | null> {
  let heaviest: Revocation | null = null;
  for (const signature of signatures) {
    const valid = await newestValid([createStatement(signature, issuer, type, data)], { acceptWeak: true });
    if (valid === null) continue;
    const isSoft = SOFT_REASONS.has(signature.reasonForRevocationFlag ?? 0);
    heaviest = heavierRevocation(heaviest, isSoft ? { kind: 'soft', at: timeOf(signature) } : HARD);
  }
  return heaviest;
}

function earlier(one: UnixSeconds | null, other: UnixSeconds | null): UnixSeconds | null {
  if (one === null || other === null) return one ?? other;
  return Math.min(one, other);
}
