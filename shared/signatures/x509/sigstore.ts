import { hash } from 'node:crypto';
import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { type TrustMaterial, toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { derInteger, derSequence } from '../der.ts';
import { MalformedError } from '../malformed-error.ts';
import { type DerElement, TAG } from './der-element.ts';
import { isSignedBy } from './find-chain.ts';
import { readCertificate } from './known-certificates.ts';
import { readLogEntry } from './log-entry.ts';
import { OID } from './oids.ts';
import type { X509Certificate } from './parse-certificate.ts';
import type { CmsSignature } from './parse-cms.ts';
import { type ProvenTimestamp, proveTimestamp } from './prove-timestamp.ts';

const BUNDLE_TYPE = 'application/vnd.dev.sigstore.bundle+json;version=0.2';

/** Proves by a trusted root of Sigstore, offline, that Fulcio certified a signer, and when the signature was made. */
export interface SigstoreProof {
  /**
   * @returns the time that the log or a time stamp proves; null where the signature carries neither
   * @throws MalformedError where what it carries proves nothing
   */
  proveTime(cms: CmsSignature, signer: X509Certificate): ProvenTimestamp | null;
  /** Those of Fulcio that the trusted root names. */
  readonly authorities: readonly X509Certificate[];
  readonly intermediates: readonly X509Certificate[];
}

/**
 * @param trustedRoot - a `trusted_root.json` of Sigstore
 * @throws Error where it is none
 */
export function createSigstoreProof(
  trustedRoot: string,
  isCompromised: (certificate: X509Certificate) => boolean = () => false,
): SigstoreProof {
  const root = TrustedRoot.fromJSON(JSON.parse(trustedRoot));
  if (root.certificateAuthorities.length === 0) throw new Error('The trusted root names no authority.');
  const material = toTrustMaterial(root);
  for (const certificate of material.certificateAuthorities.flatMap(({ certChain }) => certChain))
    rememberCertificate(certificate, certificate.root.toDER());
  const byLog = new Verifier(material, { tlogThreshold: 1, timestampThreshold: 1, ctlogThreshold: 1 });
  const byStamp = new Verifier(material, { tlogThreshold: 0, timestampThreshold: 1, ctlogThreshold: 1 });
  const stampers = splitChains(material.timestampAuthorities);
  const proveByLog = ({ tag, content }: DerElement, cms: CmsSignature, signer: X509Certificate): ProvenTimestamp => {
    if (tag !== TAG.octetString) throw new MalformedError('its log entry is none');
    const { signature, signedAttributes: signedBytes } = cms;
    const logged = readLogEntry(content, { signedBytes, signature, certificate: signer.der });
    verify(byLog, cms, signer, { tlogEntries: [logged] });
    return { at: Number(logged.integratedTime), chain: [] };
  };
  const proveByStamp = ({ whole }: DerElement, cms: CmsSignature, signer: X509Certificate): ProvenTimestamp => {
    const stamp = proveTimestamp(whole, cms.signature, stampers.authorities, isCompromised, stampers.intermediates);
    if (stamp === null) throw new MalformedError('its time stamp comes from no authority of the trusted root');
    verify(byStamp, cms, signer, { tlogEntries: [], timestampVerificationData: stampData(whole) });
    return stamp;
  };
  return {
    ...splitChains(material.certificateAuthorities),
    proveTime(cms, signer) {
      const entry = cms.unsignedAttributes.get(OID.transparencyLogEntry);
      const token = cms.unsignedAttributes.get(OID.timeStampToken);
      if (token === undefined) return entry === undefined ? null : proveByLog(entry, cms, signer);
      // Nobody signed the entry in: without it the stamp would count, so an entry that proves nothing does not hide it.
      if (entry === undefined) return proveByStamp(token, cms, signer);
      try {
        return proveByLog(entry, cms, signer);
      } catch {
        return proveByStamp(token, cms, signer);
      }
    },
  };
}

/** Each chain of a trusted root ends with its root. */
function splitChains(
  all: TrustMaterial['certificateAuthorities'],
): Pick<SigstoreProof, 'authorities' | 'intermediates'> {
  const chains = all.map(({ certChain }) => certChain.map(({ root }) => readCertificate(root.toDER())));
  return {
    authorities: chains.flatMap((chain) => chain.slice(-1)),
    intermediates: chains.flatMap((chain) => chain.slice(0, -1)),
  };
}

type SigstoreCertificate = TrustMaterial['certificateAuthorities'][number]['certChain'][number];

/**
 * The library encodes a certificate anew for every comparison, and checks anew who signed it. One encoding is kept instead,
 * and who signed it is asked where that is asked for the chain as well: over the bytes as they came, and once.
 */
function rememberCertificate(certificate: SigstoreCertificate, encoded: Buffer): void {
  certificate.root.toDER = () => encoded;
  certificate.verify = (issuer = certificate) =>
    isSignedBy(readCertificate(encoded), readCertificate(issuer.root.toDER()));
}

/** A bundle holds the whole response of a time stamp authority: a status, 0 being granted, and the token (RFC 3161, section 2.4.2). */
function stampData(token: Uint8Array) {
  const response = derSequence(derSequence(derInteger(Uint8Array.of(0))), token);
  return { rfc3161Timestamps: [{ signedTimestamp: response.toString('base64') }] };
}

/** What is signed is the set of attributes: that these hold the commit's digest, the caller has proven. */
function verify(verifier: Verifier, cms: CmsSignature, signer: X509Certificate, proofs: object): void {
  const { signature, signedAttributes } = cms;
  const messageDigest = { algorithm: 'SHA2_256', digest: hash('sha256', signedAttributes, 'base64') };
  try {
    const bundle = bundleFromJSON({
      mediaType: BUNDLE_TYPE,
      verificationMaterial: {
        x509CertificateChain: { certificates: [{ rawBytes: signer.der.toString('base64') }] },
        ...proofs,
      },
      messageSignature: { messageDigest, signature: signature.toString('base64') },
    });
    const entity = toSignedEntity(bundle, signedAttributes);
    if (entity.key.$case === 'certificate') rememberCertificate(entity.key.certificate, signer.der);
    verifier.verify(entity);
  } catch (cause) {
    throw new MalformedError(`Sigstore does not prove it (${codeOf(cause)})`, { cause });
  }
}

/** A code alone: messages may quote what somebody else wrote. */
function codeOf(error: unknown): string {
  const code: unknown = Object(error).code;
  return typeof code === 'string' ? code : 'malformed';
}
