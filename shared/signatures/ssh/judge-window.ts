import type { SshKey } from '../../model/signatory.ts';
import { createRefusal, type Refusal } from '../../model/verdict.ts';
import { formatTime } from '../format-time.ts';
import { describeMoment, type Moment } from '../moment.ts';

const NEXT_STEP =
  'Have another signatory sign the commit, or change the line of the key in the allowed_signers file and run `headlock apply`.';

/** The window that an `allowed_signers` line gives a key. It is the policy's own, and every `keyTime` keeps to it. */
export function judgeWindow(
  { fingerprint, validFrom, validUntil }: SshKey,
  moments: readonly Moment[],
): Refusal | null {
  for (const moment of moments) {
    const by = `is signed by key ${fingerprint}, which counts`;
    if (validFrom !== undefined && moment.at < validFrom) {
      const message = `${by} from ${formatTime(validFrom)}, and ${describeMoment(moment)}.`;
      return createRefusal('not_yet_valid_key', message, NEXT_STEP);
    }
    if (validUntil !== undefined && moment.at >= validUntil) {
      const message = `${by} until ${formatTime(validUntil)}, and ${describeMoment(moment)}.`;
      return createRefusal('expired_key', message, NEXT_STEP);
    }
  }
  return null;
}
