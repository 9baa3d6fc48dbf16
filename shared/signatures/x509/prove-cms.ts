import { hash } from 'node:crypto';
import { MalformedError } from '../malformed-error.ts';
import { DerReader, readDer, TAG } from './der-element.ts';
import { readOid } from './der-values.ts';
import { readCertificate } from './known-certificates.ts';
import { DIGESTS, OID } from './oids.ts';
import type { X509Certificate } from './parse-certificate.ts';
import { type CmsSignature, readAlgorithm } from './parse-cms.ts';
import { isMadeBy, publicKeyOf } from './prove-signature.ts';

/** Who made a signature of CMS, by the certificates that it carries. Whether these count is not yet judged. */
export interface CmsSigner {
  readonly signer: X509Certificate;
  readonly others: readonly X509Certificate[];
}

/**
 * Proves that the signed attributes bind this content and that the signer's certificate made the signature over them
 * (RFC 5652, sections 5.4 and 5.6). Null where it did not.
 * @param known - certificates that need not come along
 * @throws MalformedError or RefusedSignature
 */
export function proveCms(
  cms: CmsSignature,
  content: Uint8Array,
  known: readonly X509Certificate[] = [],
): CmsSigner | null {
  const { attributes, contentType, digestAlgorithm, signatureAlgorithm, signature, signedAttributes } = cms;
  const type = attributes.get(OID.contentType);
  const digest = attributes.get(OID.messageDigest);
  if (type === undefined || readOid(type) !== contentType) {
    throw new MalformedError('its signed attributes do not name its type of content');
  }
  if (digest?.tag !== TAG.octetString) throw new MalformedError('its signed attributes hold no digest');
  const name = DIGESTS.get(digestAlgorithm);
  const { certificates, failures } = readCertificates(cms.certificates);
  const signer = [...certificates, ...known].find((certificate) => isNamed(certificate, cms));
  if (signer === undefined) throw failures[0] ?? new MalformedError('it does not carry the certificate of its signer');
  const signed = { bytes: signedAttributes, signature, signatureAlgorithm, digestAlgorithm };
  const isGood = isMadeBy(publicKeyOf(signer), signed);
  // `isMadeBy` refuses a digest that has no name here.
  if (!isGood || name === undefined || hash(name, content, 'hex') !== digest.content.toString('hex')) return null;
  assertNamesSigner(attributes.get(OID.signingCertificateV2)?.whole, signer);
  return { signer, others: certificates.filter((certificate) => certificate !== signer) };
}

/** What nobody needs may come along too, and be of a kind that Headlock does not read. */
function readCertificates(all: readonly Buffer[]): {
  readonly certificates: readonly X509Certificate[];
  readonly failures: readonly unknown[];
} {
  const certificates: X509Certificate[] = [];
  const failures: unknown[] = [];
  for (const der of all) {
    try {
      certificates.push(readCertificate(der));
    } catch (error) {
      failures.push(error);
    }
  }
  return { certificates, failures };
}

function isNamed(certificate: X509Certificate, { signer }: CmsSignature): boolean {
  if ('keyIdentifier' in signer) return certificate.subjectKeyIdentifier?.equals(signer.keyIdentifier) === true;
  return certificate.issuer.equals(signer.issuer) && certificate.serial.equals(signer.serial);
}

/**
 * RFC 5035: the signed attributes may say by which certificate they were signed. Nothing else binds it: without them another
 * certificate of the same key can be put in its place, as with OpenSSL.
 */
function assertNamesSigner(attribute: Uint8Array | undefined, signer: X509Certificate): void {
  if (attribute === undefined) return;
  const list = new DerReader(readDer(attribute)).take(TAG.sequence);
  const first = new DerReader(new DerReader(list).take(TAG.sequence));
  const algorithm = first.takeIf(TAG.sequence);
  const digest = algorithm === null ? 'sha256' : DIGESTS.get(readAlgorithm(algorithm));
  const named = first.take(TAG.octetString).content;
  if (digest === undefined || !hash(digest, signer.der, 'buffer').equals(named)) {
    throw new MalformedError('it names another certificate of its signer than the one that it carries');
  }
}
