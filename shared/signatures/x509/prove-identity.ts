import { hash } from 'node:crypto';
import type { UnixSeconds, X509Identity } from '../../model/signatory.ts';
import type { CommitReason } from '../../model/verdict.ts';
import { RefusedSignature } from '../refused-signature.ts';
import { type Chain, findChain, isChain } from './find-chain.ts';
import { createSigstoreProof } from './load-sigstore.ts';
import { OID } from './oids.ts';
import { parseCertificate, type X509Certificate } from './parse-certificate.ts';
import type { CmsSignature } from './parse-cms.ts';
import type { CmsSigner } from './prove-cms.ts';
import { proveTimestamp } from './prove-timestamp.ts';

/** Who certified a signer and when the signature was made, both proven. */
export interface ProvenIdentity {
  readonly signedAt: UnixSeconds;
  /** `SHA256:…` of the public keys of all authorities that this rests on, the one that the policy names first. */
  readonly certifiedBy: readonly string[];
}

/** Proves a signer by what one identity of the policy trusts. @throws RefusedSignature or MalformedError */
export type ProveIdentity = (cms: CmsSignature, signer: CmsSigner) => ProvenIdentity;

/** @param compromisedKeys - whose certificates prove nothing, wherever they stand (trust rule 3.3) */
export function createIdentityProof({ trust }: X509Identity, compromisedKeys: ReadonlySet<string>): ProveIdentity {
  const isCompromised = (certificate: X509Certificate) => compromisedKeys.has(fingerprintOf(certificate));
  if (trust.kind === 'sigstore') {
    const proof = createSigstoreProof(trust.trustedRoot, isCompromised);
    return (cms, { signer }) => {
      const proven = proof.proveTime(cms, signer);
      if (proven === null) throw unprovenTime(CONFIGURE_GITSIGN);
      return conclude(proven, signer, proof.intermediates, proof.authorities, [OID.codeSigning], isCompromised);
    };
  }
  const [authorities, stampAuthorities] = [trust.certificates, trust.timestampAuthorities].map((all) =>
    all.map((der) => parseCertificate(Buffer.from(der, 'base64'))),
  ) as [X509Certificate[], X509Certificate[]];
  return (cms, { signer, others }) => {
    const token = cms.unsignedAttributes.get(OID.timeStampToken);
    if (token === undefined) throw unprovenTime(CONFIGURE_SMIMESIGN);
    const stamp = proveTimestamp(token.whole, cms.signature, stampAuthorities, isCompromised);
    if (stamp === null) throw unprovenTime(NAME_STAMPER);
    return conclude(stamp, signer, others, authorities, [OID.codeSigning, OID.emailProtection], isCompromised);
  };
}

/** The chain at the time that is proven. What Sigstore's library looks at leaves uses and constraints to us. */
function conclude(
  { at, chain: stampChain }: { readonly at: UnixSeconds; readonly chain: Chain },
  signer: X509Certificate,
  others: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
  uses: readonly string[],
  isCompromised: (certificate: X509Certificate) => boolean,
): ProvenIdentity {
  const chain = findChain(signer, others, authorities, { at, uses, isCompromised });
  if (!isChain(chain)) {
    if (chain.weakness !== undefined) throw chain.weakness;
    const reason = chain.isRevoked ? 'revoked_key' : chain.isTime ? 'expired_key' : 'not_signing_key';
    throw uncertified(reason, chain.flaw);
  }
  return { signedAt: at, certifiedBy: [...chain.slice(1).toReversed(), ...stampChain].map(fingerprintOf) };
}

/** Of the public key, as SSH and OpenSSL show digests: a renewed certificate keeps it. */
export function fingerprintOf({ spki }: X509Certificate): string {
  return `SHA256:${hash('sha256', spki, 'base64').replace(/=+$/, '')}`;
}

const CONFIGURE_GITSIGN =
  'Have gitsign embed the proof, `git config gitsign.rekorMode offline`, and sign the commit again.';
const NAME_STAMPER =
  'Its time stamp is of no authority that the policy names for that: add it to the file of `timestampAuthority` and run `headlock apply`, or have one of those stamp it.';
const CONFIGURE_SMIMESIGN =
  'Have a time stamp authority stamp it, `smimesign --timestamp-authority=URL` say, and sign the commit again.';

function unprovenTime(nextStep: string): RefusedSignature {
  return new RefusedSignature(
    'unproven_time',
    'carries an X.509 signature without proof of when it was made.',
    nextStep,
  );
}

function uncertified(reason: CommitReason, flaw: string): RefusedSignature {
  return new RefusedSignature(
    reason,
    `is signed with an X.509 certificate that ${flaw}.`,
    'Have the authority issue another certificate, and sign the commit again with it.',
  );
}
