import { isDeepStrictEqual } from 'node:util';
import { formatClaim } from '../../model/claim.ts';
import type { X509Identity } from '../../model/signatory.ts';
import type { ArmorLines } from '../armor-lines.ts';
import type { Keyring, X509KeyringEntry } from '../keyring.ts';
import { MalformedError } from '../malformed-error.ts';
import { readPlainArmor } from '../read-plain-armor.ts';
import { RefusedSignature } from '../refused-signature.ts';
import type { Checks } from '../signature-check.ts';
import type { ProvenSignature } from '../signature-format.ts';
import { OID } from './oids.ts';
import type { X509Certificate } from './parse-certificate.ts';
import { type CmsSignature, parseCms } from './parse-cms.ts';
import { type CmsSigner, proveCms } from './prove-cms.ts';
import { fingerprintOf, type ProvenIdentity } from './prove-identity.ts';

/** An operator's pattern is no match for names that were made to keep it busy. */
const MAX_NAMES = 16;
const MAX_NAME_LENGTH = 500;

/**
 * Proves a detached signature of CMS (RFC 5652), as gitsign and smimesign make it, by the identities that the policy names
 * (trust rule 2.4).
 */
export function* proveX509(payload: Uint8Array, armor: ArmorLines, keyring: Keyring): Checks<ProvenSignature> {
  const cms = parseCms(readPlainArmor(armor, 'SIGNED MESSAGE'));
  if (cms.contentType !== OID.data || cms.content !== null) throw new MalformedError('it is not detached');
  const proven = proveCms(cms, payload);
  if (proven === null) throw invalid();
  const named = keyring.x509.filter(({ key }) => isNamed(proven.signer, key));
  const { identity, entries } = proveIdentity(cms, proven, named);
  const fingerprint = fingerprintOf(proven.signer);
  const { signedAt } = identity;
  const [certifiedBy = null, ...others] = identity.certifiedBy;
  const x509Keys = { fingerprint, certifiedBy, certificate: null, others };
  return { format: 'x509', entries, signedAt, expiresAt: null, certificate: null, x509Keys };
}

/** The first of the places of the ring that proves the signer, and those beside it that prove the same. */
function proveIdentity(
  cms: CmsSignature,
  signer: CmsSigner,
  named: readonly X509KeyringEntry[],
): { readonly identity: ProvenIdentity; readonly entries: readonly X509KeyringEntry[] } {
  const failures: unknown[] = [];
  const proven: { identity: ProvenIdentity; entry: X509KeyringEntry }[] = [];
  for (const entry of named) {
    try {
      proven.push({ identity: entry.prove(cms, signer), entry });
    } catch (error) {
      failures.push(error);
    }
  }
  const [first] = proven;
  if (first === undefined) throw failures.length === 0 ? unknownIdentity(signer.signer) : failures[0];
  const same = proven.filter((one) => isDeepStrictEqual(one.identity, first.identity));
  return { identity: first.identity, entries: same.map(({ entry }) => entry) };
}

/** Whether one of the certificate's names is the whole of the identity, or matches its pattern as a whole. */
function isNamed(certificate: X509Certificate, { identity, isPattern, trust }: X509Identity): boolean {
  if (trust.kind === 'sigstore' && certificate.identityIssuer !== trust.issuer) return false;
  const pattern = isPattern ? new RegExp(`^(?:${identity})$`, 'v') : null;
  // A colon tells them apart: no authority that lets signers choose their URI makes them somebody's mailbox, or the reverse.
  const mailboxes = certificate.emails.filter((name) => !name.includes(':'));
  const names = [...mailboxes, ...certificate.uris.filter((name) => name.includes(':'))].slice(0, MAX_NAMES);
  return names.some(
    (name) => name.length <= MAX_NAME_LENGTH && (pattern === null ? name === identity : pattern.test(name)),
  );
}

function unknownIdentity({ emails, uris, identityIssuer }: X509Certificate): RefusedSignature {
  const names = [...emails, ...uris].map((name) => `"${formatClaim(name)}"`).join(', ') || 'nobody';
  const issuer = identityIssuer === null ? '' : `, vouched for by "${formatClaim(identityIssuer)}",`;
  return new RefusedSignature(
    'unknown_key',
    `is signed with an X.509 certificate that names ${names}${issuer} and belongs to nobody in the policy.`,
    'If you trust that identity, add it as `x509: { issuer: …, identity: … }` under `signatories:` in headlock.yaml and run `headlock apply`.',
  );
}

function invalid(): RefusedSignature {
  return new RefusedSignature(
    'invalid',
    'carries an X.509 signature that is not one over its bytes: it was changed after it was signed, or the signature is forged.',
    'Find out who changed it, then sign it again and push it in place of this one.',
  );
}
