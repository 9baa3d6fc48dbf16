import { MAX_CLAIM_LENGTH } from './limits.ts';

/** What there is nothing to do about, as most names. */
const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/** Text that somebody else chose, for people to read: what a terminal, a log or a chat could act on is replaced, the rest is bounded. */
export function formatClaim(text: string, maxLength: number = MAX_CLAIM_LENGTH): string {
  if (text.length <= maxLength && PRINTABLE_ASCII.test(text)) return text;
  const characters = [...text.replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, '\u{fffd}')];
  return characters.length > maxLength ? `${characters.slice(0, maxLength).join('')}…` : characters.join('');
}
