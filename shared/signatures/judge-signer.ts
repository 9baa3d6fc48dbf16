import type { Identity } from '../model/commit.ts';
import type { KeyTime, OpenPgpKey, Signatory, UnixSeconds } from '../model/signatory.ts';
import { type CommitReason, createRefusal, type Refusal, type SignatureEvidence } from '../model/verdict.ts';
import { describeKey } from './describe-key.ts';
import { formatTime, LATEST_SECONDS } from './format-time.ts';
import type { ProvenSignature } from './signature-format.ts';

/** By which rules of a branch a signer is judged, and when. */
export interface VerifyTerms {
  readonly keyTime: KeyTime;
  /** Whether the committer's email must be one of the signatory's, whatever the signatory says. */
  readonly matchEmail: boolean;
  /** When Headlock first fetched the commit as new on this branch (trust rule 3.1). */
  readonly firstSeen: UnixSeconds;
  /** Now, where the commit is judged again (trust rule 3.2); `firstSeen` where it is not said. */
  readonly judgedAt?: UnixSeconds;
}

/** A time at which the key must be valid, and the clause that speaks of it. */
interface Moment {
  readonly at: UnixSeconds;
  readonly clause: string;
}

/** Clocks may differ by so many seconds (trust rule 3.2). */
const SKEW = 300;
/** Of several signatories' refusals, the one that is nearest to acceptance tells most. */
const NEAREST_FIRST: readonly CommitReason[] = ['bad_email', 'expired_key', 'not_yet_valid_key'];

/** Whether a good signature counts: its key may sign, at the times that count, for a signatory of the policy. */
export function judgeSigner(
  proven: ProvenSignature,
  committer: Identity,
  terms: VerifyTerms,
): SignatureEvidence | Refusal {
  const { format, entry, signedAt } = proven;
  // Trust rule 3.1: an SSH signature has no time; the committer's date stands in, as a claim.
  const dated = {
    at: signedAt ?? committer.seconds,
    clause: `the ${signedAt === null ? 'commit' : 'signature'} is dated ${formatTime(signedAt ?? committer.seconds)}`,
  };
  const seen = { at: terms.firstSeen, clause: `the commit was first seen on ${formatTime(terms.firstSeen)}` };
  const moments = terms.keyTime === 'first-seen' ? [dated, seen] : [dated];
  const key = entry.key.format === 'openpgp' ? judgeOpenPgpKey(entry.key, moments, terms.keyTime) : null;
  const refusal = key ?? judgeSignatureLifetime(proven, moments) ?? judgeFuture(dated.at, terms);
  if (refusal !== null) return refusal;
  const refusals: Refusal[] = [];
  for (const signatory of entry.signatories) {
    const refused = judgeSignatory(signatory, describeKey(entry.key), moments, committer, terms);
    const { fingerprint } = entry.key;
    if (refused === null) return { outcome: 'verified', format, signatory: signatory.name, fingerprint, signedAt };
    refusals.push(refused);
  }
  const [nearest] = refusals.sort((a, b) => NEAREST_FIRST.indexOf(a.reason) - NEAREST_FIRST.indexOf(b.reason));
  if (nearest === undefined) throw new Error('A key of the ring belongs to nobody.');
  return nearest;
}

function judgeOpenPgpKey(key: OpenPgpKey, moments: readonly Moment[], keyTime: KeyTime): Refusal | null {
  const { revocation, created, expires } = key;
  const by = `is signed by key ${describeKey(key)}, which`;
  // Trust rule 3.3: a hard revocation voids every signature, a soft one those from its time on.
  const revoked = revocation?.kind === 'soft' ? moments.find(({ at }) => at >= revocation.at) : undefined;
  if (revocation?.kind === 'hard' || revoked !== undefined) {
    const how =
      revoked === undefined ? 'was revoked as compromised or without a reason' : `was retired, and ${revoked.clause}`;
    return createRefusal('revoked_key', `${by} ${how}.`, 'Sign the commit again with a key that is not revoked.');
  }
  if (!key.signing) {
    const nextStep =
      'Sign with the certificate’s signing key (`git config user.signingkey`), and push it in place of this one.';
    return createRefusal('not_signing_key', `${by} its certificate does not let sign data.`, nextStep);
  }
  // A clock that runs ahead makes keys in the future too; the signature itself is never before its key.
  const early = moments.find(({ at }, index) => at + (index === 0 ? 0 : SKEW) < created);
  if (early !== undefined) {
    const nextStep = 'Set the clock of the machine that signs, sign the commit again and push it in place of this one.';
    return createRefusal(
      'not_yet_valid_key',
      `${by} was made on ${formatTime(created)}, and ${early.clause}.`,
      nextStep,
    );
  }
  // Trust rule 3.1: `ignore` looks past expiry alone.
  const late = expires === null || keyTime === 'ignore' ? undefined : moments.find(({ at }) => at >= expires);
  if (expires === null || late === undefined) return null;
  return createRefusal(
    'expired_key',
    `${by} expired on ${formatTime(expires)}, and ${late.clause}.`,
    `If the key still counts, have its owner extend it (\`gpg --quick-set-expire ${key.primaryFingerprint.toUpperCase()} 1y\`), export it to the policy's key file again and run \`headlock apply\`.`,
  );
}

/** A signature may say itself how long it counts; like a key's, that end is looked at when the commit was first seen. */
function judgeSignatureLifetime({ expiresAt }: ProvenSignature, [, seen]: readonly Moment[]): Refusal | null {
  if (expiresAt === null || seen === undefined || seen.at < expiresAt) return null;
  const message = `carries a signature that expired on ${formatTime(expiresAt)}, and ${seen.clause}.`;
  return createRefusal('expired_key', message, 'Sign the commit again and push it in place of this one.');
}

/** Trust rule 3.2, in every `keyTime`. */
function judgeFuture(datedAt: UnixSeconds, { firstSeen, judgedAt = firstSeen }: VerifyTerms): Refusal | null {
  if (datedAt <= judgedAt + SKEW) return null;
  return createRefusal(
    'future_signature',
    `is dated ${formatTime(datedAt)}, more than five minutes after it was seen.`,
    'Wait until then, or set the clock of the machine that signs, sign the commit again and push it.',
    datedAt <= LATEST_SECONDS ? datedAt - SKEW : null,
  );
}

function judgeSignatory(
  signatory: Signatory,
  key: string,
  moments: readonly Moment[],
  committer: Identity,
  terms: VerifyTerms,
): Refusal | null {
  const { name, emails, validFrom, validUntil } = signatory;
  const by = `is signed by key ${key} of ${name}, whose keys count`;
  const early = validFrom === null ? undefined : moments.find(({ at }) => at < validFrom);
  if (validFrom !== null && early !== undefined) {
    const message = `${by} from ${formatTime(validFrom)}, and ${early.clause}.`;
    return createRefusal('not_yet_valid_key', message, changePolicy('validFrom', name));
  }
  const late = validUntil === null ? undefined : moments.find(({ at }) => at >= validUntil);
  if (validUntil !== null && late !== undefined) {
    const message = `${by} until ${formatTime(validUntil)}, and ${late.clause}.`;
    return createRefusal('expired_key', message, changePolicy('validUntil', name));
  }
  // Trust rule 3.6.
  if ((signatory.matchEmail || terms.matchEmail) && !emails.some((email) => isSameEmail(email, committer.email))) {
    return createRefusal(
      'bad_email',
      `is signed by key ${key} of ${name}, and its committer's email is none of theirs (${emails.join(', ') || 'none is listed'}).`,
      `Commit again with \`git config user.email\` set to one of them, or add the address to \`emails:\` of ${name} in headlock.yaml and run \`headlock apply\`.`,
    );
  }
  return null;
}

function changePolicy(field: string, name: string): string {
  return `Have another signatory sign the commit, or change \`${field}\` of ${name} in headlock.yaml and run \`headlock apply\`.`;
}

/** Without regard to the case of ASCII letters; `toLowerCase` would also take the Kelvin sign for a `k`. */
function isSameEmail(one: string, other: string): boolean {
  return asciiLowerCase(one) === asciiLowerCase(other);
}

function asciiLowerCase(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
