import type { UnixSeconds } from '../../model/signatory.ts';
import { RefusedSignature } from '../refused-signature.ts';
import type { X509Certificate } from './parse-certificate.ts';
import { isMadeBy, publicKeyOf } from './prove-signature.ts';

/** What a chain must be good for. */
export interface ChainTerms {
  readonly at: UnixSeconds;
  /** Whether the policy calls a certificate's key compromised (trust rule 3.3). */
  readonly isCompromised: (certificate: X509Certificate) => boolean;
  /** Of the signer's certificate, one of these is asked; authorities that limit what they certify must allow it too. */
  readonly uses: readonly string[];
}

/** From the signer's certificate to the authority that the policy names, both included. */
export type Chain = readonly X509Certificate[];

/** Why there is no chain: what is wrong with the certificate that came nearest to one. */
export interface NoChain {
  readonly flaw: string;
  readonly isTime: boolean;
  readonly isRevoked?: true;
  /** Where a key or a digest is too weak (trust rule 2.5). */
  readonly weakness?: RefusedSignature;
}

/** Links between the signer and what the policy names. */
const MAX_LINKS = 4;
/** Certificates of one name that sign each other make many ways. */
const MAX_CHECKS = 50;
const KEY_CERT_SIGN = 5;
const DIGITAL_SIGNATURE = 0;
const NON_REPUDIATION = 1;

/**
 * A chain from the signer's certificate to one of the anchors, over certificates that came along (RFC 5280, section 6, as far
 * as trust rule 2.4 asks: no policies, and no certificate that constrains names). The anchors' own validity counts too.
 */
export function findChain(
  signer: X509Certificate,
  others: readonly X509Certificate[],
  anchors: readonly X509Certificate[],
  terms: ChainTerms,
): Chain | NoChain {
  const flaw = findSignerFlaw(signer, terms);
  if (flaw !== null) return flaw;
  return extend(signer, [], { others, anchors, terms, checksLeft: MAX_CHECKS });
}

export function isChain(found: Chain | NoChain): found is Chain {
  return !('flaw' in found);
}

interface Search {
  readonly others: readonly X509Certificate[];
  readonly anchors: readonly X509Certificate[];
  readonly terms: ChainTerms;
  checksLeft: number;
}

function extend(top: X509Certificate, below: Chain, search: Search): Chain | NoChain {
  const chain = [...below, top];
  let nearest: NoChain = { flaw: 'comes from no authority that the policy names', isTime: false };
  for (const issuer of [...search.anchors, ...search.others]) {
    if (!issuer.subject.equals(top.issuer) || chain.includes(issuer)) continue;
    search.checksLeft -= 1;
    if (search.checksLeft < 0) return { flaw: 'comes with a maze of certificates', isTime: false };
    const flaw = findIssuerFlaw(issuer, chain, search.terms) ?? findForgery(top, issuer);
    if (flaw !== null) {
      nearest = flaw;
      continue;
    }
    const found = search.anchors.includes(issuer) ? [...chain, issuer] : extendOver(issuer, chain, search);
    if (found === null) continue;
    if (isChain(found)) return found;
    nearest = found;
  }
  return nearest;
}

function extendOver(issuer: X509Certificate, chain: Chain, search: Search): Chain | NoChain | null {
  return chain.length < MAX_LINKS ? extend(issuer, chain, search) : null;
}

const FORGED: NoChain = { flaw: 'bears a signature that its authority did not make', isTime: false };

/** One candidate that cannot be the issuer, by the kind of its key say, does not end the search. */
function findForgery(certificate: X509Certificate, issuer: X509Certificate): NoChain | null {
  try {
    return isSignedBy(certificate, issuer) ? null : FORGED;
  } catch (error) {
    return error instanceof RefusedSignature ? { ...FORGED, weakness: error } : FORGED;
  }
}

/**
 * Whether certificates were found to be signed by others: that stays so, whatever else is asked of them. Authorities that share
 * a name, as two roots of Sigstore do, are asked about each other again and again.
 */
const signers = new WeakMap<X509Certificate, WeakMap<X509Certificate, boolean>>();

/** @throws RefusedSignature or MalformedError as `isMadeBy` */
export function isSignedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  const known = signers.get(certificate) ?? new WeakMap<X509Certificate, boolean>();
  const found = known.get(issuer);
  if (found !== undefined) return found;
  const { signedBytes: bytes, signature, signatureAlgorithm } = certificate;
  const signed = { bytes, signature, signatureAlgorithm, digestAlgorithm: null };
  const isSigned = isMadeBy(publicKeyOf(issuer), signed);
  signers.set(certificate, known.set(issuer, isSigned));
  return isSigned;
}

function findSignerFlaw(signer: X509Certificate, { at, uses, isCompromised }: ChainTerms): NoChain | null {
  const { keyUsage, extendedKeyUsage } = signer;
  if (signer.flaw !== null) return { flaw: signer.flaw, isTime: false };
  if (isCompromised(signer)) return { flaw: 'has a compromised key', isTime: false, isRevoked: true };
  if (signer.isAuthority) return { flaw: 'is one of an authority', isTime: false };
  if (keyUsage !== null && !keyUsage.has(DIGITAL_SIGNATURE) && !keyUsage.has(NON_REPUDIATION)) {
    return { flaw: 'may not sign data (key usage)', isTime: false };
  }
  if (!uses.some((use) => extendedKeyUsage?.includes(use))) {
    return { flaw: 'is made for another use (extended key usage)', isTime: false };
  }
  return findTimeFlaw(signer, at);
}

/** RFC 5280, sections 4.2.1.3, 4.2.1.9 and 6.1.4. */
function findIssuerFlaw(
  issuer: X509Certificate,
  below: Chain,
  { at, uses, isCompromised }: ChainTerms,
): NoChain | null {
  const { flaw, isAuthority, keyUsage, pathLength } = issuer;
  // Between them stand all but the signer's own; those that name themselves as issuer do not count.
  const between = below.slice(1).filter(({ subject, issuer: by }) => !subject.equals(by)).length;
  if (flaw !== null) return { flaw: `comes from an authority whose certificate ${flaw}`, isTime: false };
  if (isCompromised(issuer))
    return { flaw: 'comes from an authority that is compromised', isTime: false, isRevoked: true };
  if (!isAuthority || (keyUsage !== null && !keyUsage.has(KEY_CERT_SIGN))) {
    return { flaw: 'comes from a certificate that may not certify', isTime: false };
  }
  if (pathLength !== null && between > pathLength) {
    return { flaw: 'comes over more authorities than one of them allows', isTime: false };
  }
  // One use that all of them allow: an authority for one does not certify for the other.
  const isFor = (use: string) => [issuer, ...below].every(({ extendedKeyUsage: own }) => own?.includes(use) ?? true);
  if (!uses.some(isFor)) {
    return { flaw: 'comes from an authority for another use (extended key usage)', isTime: false };
  }
  return findTimeFlaw(issuer, at);
}

function findTimeFlaw({ notBefore, notAfter }: X509Certificate, at: UnixSeconds): NoChain | null {
  if (at < notBefore) return { flaw: 'was not valid yet when the signature was made', isTime: true };
  return at > notAfter ? { flaw: 'was no longer valid when the signature was made', isTime: true } : null;
}
