import { HeadlockError } from '../../shared/model/headlock-error.ts';
import { describeKey } from '../../shared/signatures/describe-key.ts';
import type { ProposedSignatory } from './propose-signatories.ts';

/**
 * Whom the operator lists: `all`, or by number in the list, fingerprint or name; nothing stands for those whose keys the
 * operator handed over as files.
 * @throws HeadlockError `unknown_key` where one names nobody, `no_key` where nobody is left
 */
export function chooseSignatories(
  people: readonly ProposedSignatory[],
  words: readonly string[],
): readonly ProposedSignatory[] {
  const named = new Set(words.includes('all') ? people : words.map((word) => find(people, word)));
  const chosen = people.filter((one) => (words.length === 0 ? one.source === 'file' : named.has(one)));
  if (chosen.length > 0) return chosen;
  throw new HeadlockError('no_key', NO_KEY, { kind: 'input' });
}

const NO_KEY =
  'No key is chosen, and nothing was written. Name key files with --keys; or look at what `headlock audit` finds, check each fingerprint with its owner, and take them with --trust all or --trust <fingerprints>.';

function find(people: readonly ProposedSignatory[], word: string): ProposedSignatory {
  const numbered = /^\d{1,6}$/.test(word) ? people[Number(word) - 1] : undefined;
  const found = numbered ?? people.find((one) => one.name === word || idsOf(one).includes(comparable(word)));
  if (found !== undefined) return found;
  const message = `Nobody found has the number, name or fingerprint ${word}. \`headlock audit\` lists who was found.`;
  throw new HeadlockError('unknown_key', message, { kind: 'input' });
}

function idsOf({ compiled, certificates }: ProposedSignatory): readonly string[] {
  return [...compiled.keys.map(describeKey), ...certificates.map((one) => one.primaryFingerprint)].map(comparable);
}

/** Letters of OpenPGP fingerprints in either case, with `0x` or without; those of SSH as they are. */
function comparable(id: string): string {
  return id.startsWith('SHA256:') ? id : id.replace(/^0x| /gi, '').toLowerCase();
}
