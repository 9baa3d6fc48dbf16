import type { KeyTime } from '../../model/signatory.ts';
import { createRefusal, type Refusal } from '../../model/verdict.ts';
import { CLOCK_SKEW } from '../clock-skew.ts';
import { formatTime } from '../format-time.ts';
import { describeMoment, type Moment } from '../moment.ts';
import type { CertificateValidity } from './parse-certificate.ts';

const ISSUE = 'Have the certificate authority issue another certificate, and sign the commit again with it.';

/** Trust rules 2.3, 3.1: an SSH certificate counts at the times at which a key must; `ignore` looks past its end alone. */
export function judgeValidity(
  { from, until }: CertificateValidity,
  keyName: string,
  [dated, ...seen]: readonly [Moment, ...Moment[]],
  keyTime: KeyTime,
): Refusal | null {
  const by = `is signed by key ${keyName}, whose certificate`;
  const early = dated.at < from ? dated : seen.find(({ at }) => at + CLOCK_SKEW < from);
  if (early !== undefined) {
    const message = `${by} counts from ${formatTime(from)}, and ${describeMoment(early)}.`;
    return createRefusal('not_yet_valid_key', message, ISSUE);
  }
  const late = keyTime === 'ignore' ? undefined : [dated, ...seen].find(({ at }) => at >= until);
  if (late === undefined) return null;
  return createRefusal('expired_key', `${by} expired on ${formatTime(until)}, and ${describeMoment(late)}.`, ISSUE);
}
