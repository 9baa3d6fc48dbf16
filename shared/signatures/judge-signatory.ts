import type { Identity } from '../model/commit.ts';
import type { Signatory } from '../model/signatory.ts';
import { createRefusal, type Refusal } from '../model/verdict.ts';
import { formatTime } from './format-time.ts';
import { describeMoment, type Moment } from './moment.ts';

const MAX_EMAILS_SHOWN = 3;

/** Whether the policy accepts a signatory's keys at the times that count, for this committer. */
export function judgeSignatory(
  signatory: Signatory,
  keyName: string,
  moments: readonly Moment[],
  committer: Identity,
  matchEmail: boolean,
): Refusal | null {
  const by = `is signed by key ${keyName} of ${signatory.name}`;
  return judgeWindow(signatory, by, moments) ?? judgeEmail(signatory, by, committer, matchEmail);
}

/** The policy's own window is no expiry of a key: every `keyTime` keeps to it. */
function judgeWindow(
  { name, validFrom, validUntil }: Signatory,
  by: string,
  moments: readonly Moment[],
): Refusal | null {
  for (const moment of moments) {
    if (validFrom !== null && moment.at < validFrom) {
      const message = `${by}, whose keys count from ${formatTime(validFrom)}, and ${describeMoment(moment)}.`;
      return createRefusal('not_yet_valid_key', message, changePolicy('validFrom', name));
    }
    if (validUntil !== null && moment.at >= validUntil) {
      const message = `${by}, whose keys count until ${formatTime(validUntil)}, and ${describeMoment(moment)}.`;
      return createRefusal('expired_key', message, changePolicy('validUntil', name));
    }
  }
  return null;
}

/** Trust rule 3.6. */
function judgeEmail(signatory: Signatory, by: string, committer: Identity, matchEmail: boolean): Refusal | null {
  const { name, emails } = signatory;
  if (!matchEmail && !signatory.matchEmail) return null;
  if (emails.some((email) => asciiLowerCase(email) === asciiLowerCase(committer.email))) return null;
  return createRefusal(
    'bad_email',
    `${by}, and its committer's email is none of theirs (${emails.slice(0, MAX_EMAILS_SHOWN).join(', ') || 'none is listed'}).`,
    `Commit again with \`git config user.email\` set to one of them, or add the address to \`emails:\` of ${name} in headlock.yaml and run \`headlock apply\`.`,
  );
}

function changePolicy(field: string, name: string): string {
  return `Have another signatory sign the commit, or change \`${field}\` of ${name} in headlock.yaml and run \`headlock apply\`.`;
}

/** `toLowerCase` would also take the Kelvin sign for a `k`. */
function asciiLowerCase(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
