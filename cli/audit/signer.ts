import { formatClaim } from '../../shared/model/claim.ts';
import type { SignatureFormat } from '../../shared/model/verdict.ts';
import type { ArmorLines } from '../../shared/signatures/armor-lines.ts';
import { ByteReader } from '../../shared/signatures/byte-reader.ts';
import { HASHES, isRsa, WEAK_ALGORITHMS, WEAK_HASHES } from '../../shared/signatures/openpgp/algorithms.ts';
import { PACKET, readPacket } from '../../shared/signatures/openpgp/packet.ts';
import { readArmor } from '../../shared/signatures/openpgp/read-armor.ts';
import { parseSubpackets, SUBPACKET, type Subpacket } from '../../shared/signatures/openpgp/subpackets.ts';
import { readPlainArmor } from '../../shared/signatures/read-plain-armor.ts';
import { sshFingerprint } from '../../shared/signatures/ssh/fingerprint.ts';
import { isCertificateType, parseSshCertificate } from '../../shared/signatures/ssh/parse-certificate.ts';
import { readKeyType } from '../../shared/signatures/ssh/parse-key-blob.ts';
import { parseSshSignature } from '../../shared/signatures/ssh/parse-signature.ts';
import { parseCms } from '../../shared/signatures/x509/parse-cms.ts';
import { proveCms } from '../../shared/signatures/x509/prove-cms.ts';

/** Who signed, as the signature itself says: nothing of it is proven. */
export interface Signer {
  readonly format: SignatureFormat;
  /**
   * OpenPGP: lower-case hexadecimal fingerprint, or the key id of 16 digits where the signature names no more. SSH: `SHA256:…`.
   * X.509: the identity and who vouches for it. Null where it cannot be told.
   */
  readonly id: string | null;
  /** For people: `RSA`, `ssh-ed25519`, with the digest where it is a weak one. */
  readonly algorithm: string | null;
  /** Of a plain SSH key: its type and blob, as in a `.pub` file. */
  readonly sshKey: string | null;
  readonly identity: CertifiedIdentity | null;
}

/** What an X.509 certificate names. */
export interface CertifiedIdentity {
  readonly identity: string;
  /** Of Fulcio alone. */
  readonly issuer: string | null;
}

export interface SignatureClaim {
  readonly signer: Signer;
  /** Seconds since 1970; null where the format has none. */
  readonly signedAt: number | null;
}

/** More leniently than a signature is judged: what is refused for a weak digest, say, still names its key. */
export function describeSignature(payload: Uint8Array, armor: ArmorLines): SignatureClaim {
  const [label = ''] = /(?<=^-----BEGIN ).*(?=-----$)/.exec(armor[0]) ?? [];
  const describe = READERS.get(label);
  const format = describe?.format ?? 'openpgp';
  try {
    if (describe !== undefined) return describe.read(payload, armor);
  } catch {
    // Malformed: judging it says how.
  }
  return { signer: { format, id: null, algorithm: null, sshKey: null, identity: null }, signedAt: null };
}

type ReadClaim = (payload: Uint8Array, armor: ArmorLines) => SignatureClaim;

const READERS: ReadonlyMap<string, { readonly format: SignatureFormat; readonly read: ReadClaim }> = new Map([
  ['PGP SIGNATURE', { format: 'openpgp', read: readOpenPgp }],
  ['SSH SIGNATURE', { format: 'ssh', read: readSsh }],
  ['SIGNED MESSAGE', { format: 'x509', read: readX509 }],
]);

/** Version 4 and 6 (RFC 9580, section 5.2.3). */
function readOpenPgp(_: Uint8Array, armor: ArmorLines): SignatureClaim {
  const { type, body } = readPacket(new ByteReader(readArmor(armor)));
  const reader = new ByteReader(body);
  const version = reader.uint(1);
  if (type !== PACKET.signature || (version !== 4 && version !== 6)) throw new Error('Not a signature that is known.');
  reader.uint(1);
  const [algorithm, digest] = [reader.uint(1), reader.uint(1)];
  const lengthBytes = version === 4 ? 2 : 4;
  const hashed = parseSubpackets(reader.part(reader.uint(lengthBytes)));
  const unhashed = parseSubpackets(reader.part(reader.uint(lengthBytes)));
  const created = find(hashed, SUBPACKET.creationTime);
  const names = [hashed, unhashed].flatMap((area) => [
    find(area, SUBPACKET.issuerFingerprint)?.restInHex().slice(2),
    find(area, SUBPACKET.issuerKeyId)?.restInHex(),
  ]);
  const id = names.find((name) => name !== undefined) ?? null;
  const signer = { format: 'openpgp', id, algorithm: nameOpenPgp(algorithm, digest), sshKey: null, identity: null };
  return { signer: { ...signer, format: 'openpgp' }, signedAt: created?.uint(4) ?? null };
}

function find(area: readonly Subpacket[], wanted: number): ByteReader | undefined {
  return area.find(({ type }) => type === wanted)?.body;
}

const ALGORITHMS: ReadonlyMap<number, string> = new Map([
  [19, 'ECDSA'],
  [22, 'EdDSA'],
  [27, 'Ed25519'],
  [28, 'Ed448'],
]);

function nameOpenPgp(algorithm: number, digest: number): string {
  const name = isRsa(algorithm)
    ? 'RSA'
    : (ALGORITHMS.get(algorithm) ?? WEAK_ALGORITHMS.get(algorithm) ?? `algorithm ${algorithm}`);
  return HASHES.has(digest) ? name : `${name}, ${WEAK_HASHES.get(digest) ?? `digest ${digest}`}`;
}

function readSsh(_: Uint8Array, armor: ArmorLines): SignatureClaim {
  const { publicKey, inner } = parseSshSignature(readPlainArmor(armor, 'SSH SIGNATURE'));
  const type = readKeyType(publicKey);
  const isCertificate = isCertificateType(type);
  const blob = isCertificate ? parseSshCertificate(publicKey).keyBlob : publicKey;
  const algorithm = inner.algorithm === 'ssh-rsa' ? 'ssh-rsa, SHA-1' : type;
  const sshKey = isCertificate ? null : `${type} ${blob.toString('base64')}`;
  return { signer: { format: 'ssh', id: sshFingerprint(blob), algorithm, sshKey, identity: null }, signedAt: null };
}

/** The certificate is that of the key which signed: that much is proven here. */
function readX509(payload: Uint8Array, armor: ArmorLines): SignatureClaim {
  const proven = proveCms(parseCms(readPlainArmor(armor, 'SIGNED MESSAGE')), payload);
  if (proven === null) throw new Error('Not made by its certificate.');
  const { emails, uris, identityIssuer } = proven.signer;
  const [identity = 'nobody'] = [...emails, ...uris];
  const id = formatClaim(`${identity}${identityIssuer === null ? '' : ` (${identityIssuer})`}`);
  const named = { identity, issuer: identityIssuer };
  return { signer: { format: 'x509', id, algorithm: 'X.509', sshKey: null, identity: named }, signedAt: null };
}
