import type { Identity } from '../model/commit.ts';
import type { SigningKey, UnixSeconds } from '../model/signatory.ts';
import {
  type CommitReason,
  createRefusal,
  type Refusal,
  type SignatureEvidence,
  type SignatureKeys,
} from '../model/verdict.ts';
import { CLOCK_SKEW } from './clock-skew.ts';
import { describeKey } from './describe-key.ts';
import { formatTime, LATEST_SECONDS } from './format-time.ts';
import { judgeKey } from './judge-key.ts';
import { judgeSignatory } from './judge-signatory.ts';
import { describeMoment, type Moment, momentsThatCount } from './moment.ts';
import type { ProvenSignature } from './signature-format.ts';
import { sshFingerprint } from './ssh/fingerprint.ts';
import { judgeValidity } from './ssh/judge-validity.ts';
import type { SshCertificate } from './ssh/parse-certificate.ts';
import type { VerifyTerms } from './verify-terms.ts';

/** Of several refusals, the one that is nearest to acceptance tells most. */
const NEAREST_FIRST: readonly CommitReason[] = [
  'future_signature',
  'bad_email',
  'expired_key',
  'not_yet_valid_key',
  'revoked_key',
  'not_signing_key',
];

/** Whether a good signature counts: its key may sign, at the times that count, for a signatory of the policy. */
export function judgeSigner(
  { format, entries, signedAt, expiresAt, certificate, x509Keys }: ProvenSignature,
  committer: Identity,
  terms: VerifyTerms,
): SignatureEvidence | Refusal {
  const moments = momentsThatCount(signedAt, committer.seconds, terms);
  const refusals: Refusal[] = [];
  for (const { key, signatories } of entries) {
    for (const signatory of signatories) {
      const refusal =
        judgeKey(key, moments, terms.keyTime) ??
        (certificate && judgeValidity(certificate.validity, describeKey(key), moments, terms.keyTime)) ??
        judgeLifetime(expiresAt, moments) ??
        judgeFuture(moments[0].at, terms) ??
        judgeSignatory(signatory, key, moments, committer, terms.matchEmail);
      const evidence: SignatureEvidence = {
        outcome: 'verified',
        format,
        signatory: signatory.name,
        ...(x509Keys ?? nameKeys(key, certificate)),
        signedAt,
      };
      if (refusal === null) return evidence;
      refusals.push({ ...refusal, signed: evidence });
    }
  }
  const [nearest] = refusals.sort((a, b) => NEAREST_FIRST.indexOf(a.reason) - NEAREST_FIRST.indexOf(b.reason));
  if (nearest === undefined) throw new Error('A key of the ring belongs to nobody.');
  return nearest;
}

function nameKeys(key: SigningKey, certificate: SshCertificate | null): SignatureKeys {
  const { fingerprint } = key;
  if (key.format === 'openpgp') {
    const isPrimary = key.primaryFingerprint === fingerprint;
    return { fingerprint, certifiedBy: isPrimary ? null : key.primaryFingerprint, certificate: null };
  }
  if (certificate === null) return { fingerprint, certifiedBy: null, certificate: null };
  const { authority, serial, keyId } = certificate;
  return {
    fingerprint,
    certifiedBy: sshFingerprint(authority),
    certificate: { serial: String(serial), keyId: keyId.toString('base64') },
  };
}

/** A signature may say itself how long it counts (RFC 9580, section 5.2.3.18). */
function judgeLifetime(expiresAt: UnixSeconds | null, [, seen]: readonly Moment[]): Refusal | null {
  if (expiresAt === null || seen === undefined || seen.at < expiresAt) return null;
  const message = `carries a signature that expired on ${formatTime(expiresAt)}, and ${describeMoment(seen)}.`;
  return createRefusal('expired_key', message, 'Sign the commit again and push it in place of this one.');
}

/** Trust rule 3.2, in every `keyTime`. */
function judgeFuture(datedAt: UnixSeconds, { firstSeen, judgedAt = firstSeen }: VerifyTerms): Refusal | null {
  if (datedAt <= judgedAt + CLOCK_SKEW) return null;
  return createRefusal(
    'future_signature',
    `is signed as of ${formatTime(datedAt)}, more than five minutes after it was seen.`,
    'Wait until then, or set the clock of the machine that signs, sign the commit again and push it.',
    datedAt <= LATEST_SECONDS ? datedAt - CLOCK_SKEW : null,
  );
}
