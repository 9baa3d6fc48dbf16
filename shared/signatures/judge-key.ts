import type { KeyTime, OpenPgpKey, SigningKey } from '../model/signatory.ts';
import { createRefusal, type Refusal } from '../model/verdict.ts';
import { CLOCK_SKEW } from './clock-skew.ts';
import { describeKey } from './describe-key.ts';
import { formatTime } from './format-time.ts';
import { describeMoment, type Moment } from './moment.ts';
import { judgeWindow } from './ssh/judge-window.ts';

/** Whether a key may sign, and could at the times that count. An SSH key has no window but the policy's. */
export function judgeKey(key: SigningKey, moments: readonly Moment[], keyTime: KeyTime): Refusal | null {
  if (key.format === 'ssh') return judgeWindow(key, moments);
  // Its certificate was judged at the time that was proven (trust rule 2.4).
  if (key.format === 'x509') return null;
  return (
    judgeRevocation(key, moments) ??
    judgeCapability(key) ??
    judgeCreation(key, moments) ??
    judgeExpiry(key, moments, keyTime)
  );
}

/** Trust rule 3.3: a hard revocation voids every signature, a soft one those from its time on. */
function judgeRevocation(key: OpenPgpKey, moments: readonly Moment[]): Refusal | null {
  const { revocation } = key;
  if (revocation === null) return null;
  const late = revocation.kind === 'soft' ? moments.find(({ at }) => at >= revocation.at) : undefined;
  if (revocation.kind === 'soft' && late === undefined) return null;
  const how =
    late === undefined
      ? 'is compromised: revoked so, revoked without a reason, or named under `compromisedKeys`'
      : `was retired, and ${describeMoment(late)}`;
  return refuse(key, 'revoked_key', how, 'Sign the commit again with a key that is not revoked.');
}

function judgeCapability(key: OpenPgpKey): Refusal | null {
  if (key.signing) return null;
  const nextStep = 'Sign the commit again with the signing key of the certificate (`git config user.signingKey`).';
  return refuse(key, 'not_signing_key', 'may not sign data as its certificate says', nextStep);
}

function judgeCreation(key: OpenPgpKey, moments: readonly Moment[]): Refusal | null {
  const { created } = key;
  // A clock that runs ahead dates new keys ahead too. No key signs before it is made.
  const early = moments.find(({ at }, index) => (index === 0 ? at : at + CLOCK_SKEW) < created);
  if (early === undefined) return null;
  return refuse(
    key,
    'not_yet_valid_key',
    `was made on ${formatTime(created)}, and ${describeMoment(early)}`,
    'Set the clock of the machine that signs, sign the commit again and push it in place of this one.',
  );
}

/** Trust rule 3.1; `ignore` looks past expiry alone. */
function judgeExpiry(key: OpenPgpKey, moments: readonly Moment[], keyTime: KeyTime): Refusal | null {
  const { expires, primaryFingerprint } = key;
  if (expires === null || keyTime === 'ignore') return null;
  const late = moments.find(({ at }) => at >= expires);
  if (late === undefined) return null;
  return refuse(
    key,
    'expired_key',
    `expired on ${formatTime(expires)}, and ${describeMoment(late)}`,
    `If the key still counts, have its owner extend it (\`gpg --quick-set-expire ${primaryFingerprint.toUpperCase()} 1y\`), export it to the policy's key file and run \`headlock apply\`.`,
  );
}

function refuse(key: OpenPgpKey, reason: Refusal['reason'], how: string, nextStep: string): Refusal {
  return createRefusal(reason, `is signed by key ${describeKey(key)}, which ${how}.`, nextStep);
}
