import { hash } from 'node:crypto';
import type { UnixSeconds } from '../../model/signatory.ts';
import { MalformedError } from '../malformed-error.ts';
import { DerReader, readDer, TAG } from './der-element.ts';
import { readSmallInteger, readTime } from './der-values.ts';
import { findChain, isChain } from './find-chain.ts';
import { DIGESTS, OID } from './oids.ts';
import type { X509Certificate } from './parse-certificate.ts';
import { parseCms, readAlgorithm } from './parse-cms.ts';
import { proveCms } from './prove-cms.ts';

/**
 * When an authority saw a signature, by its token (RFC 3161).
 * @param token - a `TimeStampToken` in DER
 * @param signature - the value that is stamped
 * @returns null where no authority of the policy says so
 * @throws MalformedError or RefusedSignature
 */
export function proveTimestamp(
  token: Uint8Array,
  signature: Uint8Array,
  authorities: readonly X509Certificate[],
): UnixSeconds | null {
  const cms = parseCms(token);
  if (cms.contentType !== OID.timeStampInfo || cms.content === null) throw new MalformedError('its time stamp is none');
  const stamp = readStamp(cms.content);
  const digest = DIGESTS.get(stamp.digestAlgorithm);
  if (digest === undefined || !hash(digest, signature, 'buffer').equals(stamp.digest)) return null;
  const proven = proveCms(cms, cms.content);
  if (proven === null) return null;
  const { signer, others } = proven;
  assertNamesSigner(cms.attributes.get(OID.signingCertificateV2)?.whole, signer);
  // RFC 3161, section 2.3: the key serves nothing else.
  if (!signer.isExtendedKeyUsageCritical || signer.extendedKeyUsage?.length !== 1) return null;
  const chain = findChain(signer, others, authorities, { at: stamp.at, uses: [OID.timeStamping] });
  return isChain(chain) ? stamp.at : null;
}

interface Stamp {
  readonly digestAlgorithm: string;
  readonly digest: Buffer;
  readonly at: UnixSeconds;
}

/** `TSTInfo` as far as it decides; serial, accuracy, nonce and the authority's name follow. */
function readStamp(content: Uint8Array): Stamp {
  const info = new DerReader(readDer(content));
  if (readSmallInteger(info.take(TAG.integer)) !== 1) throw new MalformedError('its time stamp has another version');
  info.take(TAG.oid);
  const imprint = new DerReader(info.take(TAG.sequence));
  const digestAlgorithm = readAlgorithm(imprint.take(TAG.sequence));
  const digest = imprint.take(TAG.octetString).content;
  imprint.end();
  info.take(TAG.integer);
  return { digestAlgorithm, digest, at: readTime(info.take(TAG.generalizedTime)) };
}

/** RFC 5816: the token itself says by which certificate it was signed, so that none can be put in its place. */
function assertNamesSigner(attribute: Uint8Array | undefined, signer: X509Certificate): void {
  // Without it the signer's own issuer and serial in the signed chain still tell which certificate it was.
  if (attribute === undefined) return;
  const list = new DerReader(readDer(attribute)).take(TAG.sequence);
  const first = new DerReader(new DerReader(list).take(TAG.sequence));
  const algorithm = first.takeIf(TAG.sequence);
  const digest = algorithm === null ? 'sha256' : DIGESTS.get(readAlgorithm(algorithm));
  const named = first.take(TAG.octetString).content;
  if (digest === undefined || !hash(digest, signer.der, 'buffer').equals(named)) {
    throw new MalformedError('its time stamp names another certificate than the one that it carries');
  }
}
