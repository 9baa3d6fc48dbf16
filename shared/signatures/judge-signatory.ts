import type { Identity } from '../model/commit.ts';
import type { Signatory, SigningKey } from '../model/signatory.ts';
import { createRefusal, type Refusal } from '../model/verdict.ts';
import { describeKey } from './describe-key.ts';
import { formatTime } from './format-time.ts';
import { describeMoment, type Moment } from './moment.ts';

const MAX_EMAILS_SHOWN = 3;

/** Whether the policy accepts a signatory's keys at the times that count, for this committer. */
export function judgeSignatory(
  signatory: Signatory,
  key: SigningKey,
  moments: readonly Moment[],
  committer: Identity,
  matchEmail: boolean,
): Refusal | null {
  return judgeWindow(signatory, key, moments) ?? judgeEmail(signatory, key, committer, matchEmail);
}

/** The policy's own window is no expiry of a key: every `keyTime` keeps to it. */
function judgeWindow(signatory: Signatory, key: SigningKey, moments: readonly Moment[]): Refusal | null {
  const { name, validFrom, validUntil } = signatory;
  for (const moment of moments) {
    if (validFrom !== null && moment.at < validFrom) {
      const message = `${describeSigner(signatory, key)}, whose keys count from ${formatTime(validFrom)}, and ${describeMoment(moment)}.`;
      return createRefusal('not_yet_valid_key', message, changePolicy('validFrom', name));
    }
    if (validUntil !== null && moment.at >= validUntil) {
      const message = `${describeSigner(signatory, key)}, whose keys count until ${formatTime(validUntil)}, and ${describeMoment(moment)}.`;
      return createRefusal('expired_key', message, changePolicy('validUntil', name));
    }
  }
  return null;
}

/** Trust rule 3.6. */
function judgeEmail(signatory: Signatory, key: SigningKey, committer: Identity, matchEmail: boolean): Refusal | null {
  const { name, emails } = signatory;
  if (!matchEmail && !signatory.matchEmail) return null;
  if (emails.some((email) => asciiLowerCase(email) === asciiLowerCase(committer.email))) return null;
  return createRefusal(
    'bad_email',
    `${describeSigner(signatory, key)}, and its committer's email is none of theirs (${emails.slice(0, MAX_EMAILS_SHOWN).join(', ') || 'none is listed'}).`,
    `Commit again with \`git config user.email\` set to one of them, or add the address to \`emails:\` of ${name} in headlock.yaml and run \`headlock apply\`.`,
  );
}

function describeSigner({ name }: Signatory, key: SigningKey): string {
  return `is signed by key ${describeKey(key)} of ${name}`;
}

function changePolicy(field: string, name: string): string {
  return `Have another signatory sign the commit, or change \`${field}\` of ${name} in headlock.yaml and run \`headlock apply\`.`;
}

/** `toLowerCase` would also take the Kelvin sign for a `k`. */
function asciiLowerCase(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
