import type { UnixSeconds } from '../../model/signatory.ts';
import { MalformedError } from '../malformed-error.ts';
import {
  contextTag,
  type DerElement,
  DerReader,
  primitiveContextTag,
  readDer,
  readElements,
  readOnlyElement,
  TAG,
} from './der-element.ts';
import { readBits, readBoolean, readOid, readSmallInteger, readTime, readWholeBytes } from './der-values.ts';
import { OID } from './oids.ts';
import { readAlgorithm } from './parse-cms.ts';

/** A certificate of X.509 version 3 (RFC 5280), read and not yet proven. */
export interface X509Certificate {
  readonly der: Buffer;
  /** What its issuer signed, and the signature. */
  readonly signedBytes: Buffer;
  readonly signatureAlgorithm: string;
  readonly signature: Buffer;
  /** Whole Names, compared byte by byte. */
  readonly issuer: Buffer;
  readonly subject: Buffer;
  /** The content of an INTEGER. */
  readonly serial: Buffer;
  /** Both included. */
  readonly notBefore: UnixSeconds;
  readonly notAfter: UnixSeconds;
  /** SubjectPublicKeyInfo. */
  readonly spki: Buffer;
  readonly isAuthority: boolean;
  /** How many authorities may stand between this one and the signer's certificate; null is any number. */
  readonly pathLength: number | null;
  /** Bits of RFC 5280, section 4.2.1.3; null where every use is allowed. */
  readonly keyUsage: ReadonlySet<number> | null;
  /** Object identifiers; null where every use is allowed. */
  readonly extendedKeyUsage: readonly string[] | null;
  readonly isExtendedKeyUsageCritical: boolean;
  readonly subjectKeyIdentifier: Buffer | null;
  readonly emails: readonly string[];
  readonly uris: readonly string[];
  /** Of Fulcio: who said whose identity this is. */
  readonly identityIssuer: string | null;
  /** A critical extension that is not understood, or constraints on names: such a certificate vouches for nobody. */
  readonly flaw: string | null;
}

interface Extension {
  readonly critical: boolean;
  readonly value: Buffer;
}

const VERSION_3 = 2;

/** Critical extensions that are understood. What limits names is understood and refused. */
const UNDERSTOOD: ReadonlySet<string> = new Set([
  OID.keyUsage,
  OID.subjectAlternativeName,
  OID.basicConstraints,
  OID.extendedKeyUsage,
]);

/** @throws MalformedError */
export function parseCertificate(der: Uint8Array): X509Certificate {
  const element = readDer(der);
  const outer = new DerReader(element);
  const signed = outer.take(TAG.sequence);
  const signatureAlgorithm = readAlgorithm(outer.take(TAG.sequence));
  const signature = readWholeBytes(outer.take(TAG.bitString));
  outer.end();

  const reader = new DerReader(signed);
  if (readSmallInteger(readOnlyElement(reader.take(contextTag(0)))) !== VERSION_3) {
    throw new MalformedError('a certificate of it is not of version 3');
  }
  const serial = reader.take(TAG.integer).content;
  if (readAlgorithm(reader.take(TAG.sequence)) !== signatureAlgorithm) {
    throw new MalformedError('a certificate of it names two signature algorithms');
  }
  const issuer = reader.take(TAG.sequence).whole;
  const validity = new DerReader(reader.take(TAG.sequence));
  const [notBefore, notAfter] = [readTime(validity.takeAny()), readTime(validity.takeAny())];
  validity.end();
  const subject = reader.take(TAG.sequence).whole;
  const spki = reader.take(TAG.sequence).whole;
  reader.takeIf(primitiveContextTag(1));
  reader.takeIf(primitiveContextTag(2));
  const extensions = readExtensions(reader.takeIf(contextTag(3)));
  reader.end();
  return {
    ...{ der: element.whole, signedBytes: signed.whole, signatureAlgorithm, signature },
    ...{ issuer, subject, serial, notBefore, notAfter, spki },
    ...readUses(extensions),
    ...readNames(extensions),
    flaw: findFlaw(extensions),
  };
}

function readExtensions(element: DerElement | null): ReadonlyMap<string, Extension> {
  const extensions = new Map<string, Extension>();
  for (const extension of element === null ? [] : readElements(readOnlyElement(element))) {
    const reader = new DerReader(extension);
    const oid = readOid(reader.take(TAG.oid));
    const flag = reader.takeIf(TAG.boolean);
    const value = reader.take(TAG.octetString).content;
    reader.end();
    if (extensions.has(oid)) throw new MalformedError('a certificate of it has an extension twice');
    extensions.set(oid, { critical: flag !== null && readBoolean(flag), value });
  }
  return extensions;
}

function readUses(extensions: ReadonlyMap<string, Extension>) {
  const constraints = extensions.get(OID.basicConstraints);
  const usage = extensions.get(OID.keyUsage);
  const extended = extensions.get(OID.extendedKeyUsage);
  return {
    ...readConstraints(constraints),
    keyUsage: usage === undefined ? null : readBits(readDer(usage.value)),
    extendedKeyUsage: extended === undefined ? null : readElements(readDer(extended.value)).map(readOid),
    isExtendedKeyUsageCritical: extended?.critical === true,
  };
}

function readConstraints(extension: Extension | undefined): Pick<X509Certificate, 'isAuthority' | 'pathLength'> {
  if (extension === undefined) return { isAuthority: false, pathLength: null };
  const reader = new DerReader(readDer(extension.value));
  const flag = reader.takeIf(TAG.boolean);
  const length = reader.takeIf(TAG.integer);
  reader.end();
  return {
    isAuthority: flag !== null && readBoolean(flag),
    pathLength: length === null ? null : readSmallInteger(length),
  };
}

const EMAIL = primitiveContextTag(1);
const URI = primitiveContextTag(6);

function readNames(extensions: ReadonlyMap<string, Extension>) {
  const names = extensions.get(OID.subjectAlternativeName);
  const all = names === undefined ? [] : readElements(readDer(names.value));
  const textsOf = (wanted: number) => all.filter(({ tag }) => tag === wanted).map(({ content }) => readAscii(content));
  const identifier = extensions.get(OID.subjectKeyIdentifier);
  const key = identifier === undefined ? null : readDer(identifier.value);
  return {
    emails: textsOf(EMAIL),
    uris: textsOf(URI),
    subjectKeyIdentifier: key?.tag === TAG.octetString ? key.content : null,
    identityIssuer: readIdentityIssuer(extensions),
  };
}

/** Fulcio's newer extension holds a UTF8String, the former one the bare text. */
function readIdentityIssuer(extensions: ReadonlyMap<string, Extension>): string | null {
  const newer = extensions.get(OID.fulcioIssuerV2);
  if (newer !== undefined) {
    const text = readDer(newer.value);
    return text.tag === TAG.utf8String ? readAscii(text.content) : null;
  }
  const former = extensions.get(OID.fulcioIssuerV1);
  return former === undefined ? null : readAscii(former.value);
}

/** An IA5String. @throws MalformedError where it has other characters than printable ASCII: nothing may look like another name. */
function readAscii(bytes: Buffer): string {
  if (bytes.some((byte) => byte < 0x20 || byte > 0x7e))
    throw new MalformedError('a certificate of it has a malformed name');
  return bytes.toString('latin1');
}

function findFlaw(extensions: ReadonlyMap<string, Extension>): string | null {
  if (extensions.has(OID.nameConstraints)) return 'constrains names, which Headlock does not judge';
  for (const [oid, { critical }] of extensions) {
    if (critical && !UNDERSTOOD.has(oid)) return `has the critical extension ${oid}, which Headlock does not know`;
  }
  return null;
}
