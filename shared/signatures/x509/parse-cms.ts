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
import { readOid, readSmallInteger } from './der-values.ts';
import { OID } from './oids.ts';

/** Who signed, as a signature names it (RFC 5652, section 5.3). */
export type SignerId =
  /** `issuer` is a whole Name, `serial` the content of an INTEGER. */
  { readonly issuer: Buffer; readonly serial: Buffer } | { readonly keyIdentifier: Buffer };

/** A signature of CMS with one signer (RFC 5652), read and not yet proven. */
export interface CmsSignature {
  readonly contentType: string;
  /** Null where the signature is detached. */
  readonly content: Buffer | null;
  /** Certificates that come along, in DER. They prove nothing by themselves. */
  readonly certificates: readonly Buffer[];
  readonly signer: SignerId;
  readonly digestAlgorithm: string;
  readonly signatureAlgorithm: string;
  readonly signature: Buffer;
  /** What is signed: the attributes as a SET. */
  readonly signedAttributes: Buffer;
  readonly attributes: CmsAttributes;
  readonly unsignedAttributes: CmsAttributes;
}

/** The one value of each attribute, by the attribute's object identifier. */
export type CmsAttributes = ReadonlyMap<string, DerElement>;

const MAX_CERTIFICATES = 10;
/** Of `SignedData`, for what may stand in it here (RFC 5652, section 5.1). */
const VERSIONS: ReadonlySet<number> = new Set([1, 3]);

/** Reads a `ContentInfo` that holds a `SignedData` of one signer with signed attributes. @throws MalformedError */
export function parseCms(bytes: Uint8Array): CmsSignature {
  const info = new DerReader(readDer(bytes));
  if (readOid(info.take(TAG.oid)) !== OID.signedData) throw new MalformedError('it is no signed data of CMS');
  const data = new DerReader(readOnlyElement(info.take(contextTag(0))));
  info.end();
  if (!VERSIONS.has(readSmallInteger(data.take(TAG.integer)))) throw new MalformedError('it has another version');
  const digests = readElements(data.take(TAG.set)).map(readAlgorithm);
  const { contentType, content } = readContent(data.take(TAG.sequence));
  const certificates = readCertificates(data.takeIf(contextTag(0)));
  // Revocation lists that come along prove nothing: what signed them is unknown.
  data.takeIf(contextTag(1));
  const signers = readElements(data.take(TAG.set));
  data.end();
  const [signer] = signers;
  if (signer === undefined || signers.length > 1) throw new MalformedError(`it has ${signers.length} signers`);
  const read = readSigner(signer);
  // Nothing signs that list: as gpgsm, which goes by it, Headlock takes none that leaves the digest out.
  if (!digests.includes(read.digestAlgorithm)) throw new MalformedError('it does not list its digest');
  return { contentType, content, certificates, ...read };
}

function readContent(element: DerElement): Pick<CmsSignature, 'contentType' | 'content'> {
  const reader = new DerReader(element);
  const contentType = readOid(reader.take(TAG.oid));
  const wrapped = reader.takeIf(contextTag(0));
  reader.end();
  if (wrapped === null) return { contentType, content: null };
  const { tag, content } = readOnlyElement(wrapped);
  if (tag !== TAG.octetString) throw new MalformedError('its content is malformed');
  return { contentType, content };
}

function readCertificates(element: DerElement | null): readonly Buffer[] {
  const certificates = element === null ? [] : readElements(element);
  if (certificates.length > MAX_CERTIFICATES)
    throw new MalformedError(`it carries more than ${MAX_CERTIFICATES} certificates`);
  if (certificates.some(({ tag }) => tag !== TAG.sequence))
    throw new MalformedError('it carries a certificate of another kind');
  return certificates.map(({ whole }) => whole);
}

type Signer = Omit<CmsSignature, 'contentType' | 'content' | 'certificates'>;

function readSigner(element: DerElement): Signer {
  const reader = new DerReader(element);
  const version = readSmallInteger(reader.take(TAG.integer));
  const signer = readSignerId(reader, version);
  const digestAlgorithm = readAlgorithm(reader.take(TAG.sequence));
  const signed = reader.takeIf(contextTag(0));
  if (signed === null) throw new MalformedError('it has no signed attributes');
  const signatureAlgorithm = readAlgorithm(reader.take(TAG.sequence));
  const signature = reader.take(TAG.octetString).content;
  const unsigned = reader.takeIf(contextTag(1));
  reader.end();
  const signedAttributes = Buffer.from(signed.whole);
  // RFC 5652, section 5.4: signed is the SET, not the `[0]` that stands for it.
  signedAttributes[0] = TAG.set;
  const attributes = readAttributes(signed);
  const unsignedAttributes = unsigned === null ? new Map<string, DerElement>() : readAttributes(unsigned);
  return { signer, digestAlgorithm, signatureAlgorithm, signature, signedAttributes, attributes, unsignedAttributes };
}

function readSignerId(reader: DerReader, version: number): SignerId {
  const keyIdentifier = reader.takeIf(primitiveContextTag(0));
  if (keyIdentifier !== null) {
    if (version !== 3) throw new MalformedError('its version does not fit how it names the signer');
    return { keyIdentifier: keyIdentifier.content };
  }
  if (version !== 1) throw new MalformedError('its version does not fit how it names the signer');
  const name = new DerReader(reader.take(TAG.sequence));
  const issuer = name.take(TAG.sequence).whole;
  const serial = name.take(TAG.integer).content;
  name.end();
  return { issuer, serial };
}

/** The algorithm of an `AlgorithmIdentifier`. Those that are accepted have no parameters but NULL. */
export function readAlgorithm(element: DerElement): string {
  const reader = new DerReader(element);
  const algorithm = readOid(reader.take(TAG.oid));
  const parameters = reader.takeIf(TAG.null);
  if (parameters !== null && parameters.length > 0) throw new MalformedError('its algorithm is malformed');
  if (!reader.isAtEnd)
    throw new MalformedError(`its algorithm ${algorithm} has parameters, which Headlock does not know`);
  return algorithm;
}

function readAttributes(element: DerElement): CmsAttributes {
  const attributes = new Map<string, DerElement>();
  for (const attribute of readElements(element)) {
    const reader = new DerReader(attribute);
    const type = readOid(reader.take(TAG.oid));
    const value = readOnlyElement(reader.take(TAG.set));
    reader.end();
    if (attributes.has(type)) throw new MalformedError('it has an attribute twice');
    attributes.set(type, value);
  }
  return attributes;
}
