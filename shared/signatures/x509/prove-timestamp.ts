import { hash } from 'node:crypto';
import type { UnixSeconds } from '../../model/signatory.ts';
import { MalformedError } from '../malformed-error.ts';
import { DerReader, readDer, TAG } from './der-element.ts';
import { readSmallInteger, readTime } from './der-values.ts';
import { type Chain, findChain, isChain } from './find-chain.ts';
import { DIGESTS, OID } from './oids.ts';
import type { X509Certificate } from './parse-certificate.ts';
import { parseCms, readAlgorithm } from './parse-cms.ts';
import { proveCms } from './prove-cms.ts';

export interface ProvenTimestamp {
  readonly at: UnixSeconds;
  /** From the stamper's certificate to an authority. */
  readonly chain: Chain;
}

/**
 * When an authority saw a signature, by its token (RFC 3161).
 * @param token - a `TimeStampToken` in DER
 * @param signature - the value that is stamped
 * @param known - the stamper's certificate and those between it and an authority, which the token may leave out
 * @returns null where no authority of the policy says so
 * @throws MalformedError or RefusedSignature
 */
export function proveTimestamp(
  token: Uint8Array,
  signature: Uint8Array,
  authorities: readonly X509Certificate[],
  isCompromised: (certificate: X509Certificate) => boolean,
  known: readonly X509Certificate[] = [],
): ProvenTimestamp | null {
  const cms = parseCms(token);
  if (cms.contentType !== OID.timeStampInfo || cms.content === null) throw new MalformedError('its time stamp is none');
  const stamp = readStamp(cms.content);
  const digest = DIGESTS.get(stamp.digestAlgorithm);
  if (digest === undefined || !hash(digest, signature, 'buffer').equals(stamp.digest)) return null;
  const proven = proveCms(cms, cms.content, known);
  if (proven === null) return null;
  const { signer } = proven;
  const others = [...proven.others, ...known];
  // RFC 3161, section 2.3: the key serves nothing else.
  if (!signer.isExtendedKeyUsageCritical || signer.extendedKeyUsage?.length !== 1) return null;
  const chain = findChain(signer, others, authorities, { at: stamp.at, uses: [OID.timeStamping], isCompromised });
  return isChain(chain) ? { at: stamp.at, chain } : null;
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
