import { TransportError } from './transport-error.ts';

const MAX_MESSAGE_LENGTH = 200;

/** What the server says of itself in an ERR packet, on side-band 3 or on standard error. */
export function serverError(text: string): TransportError {
  return new TransportError(
    'server_error',
    `The git server reports an error: ${quoteClaim(text)}. Look there for the cause; the fetch is tried again.`,
  );
}

/** A server's words: a claim, printable and bounded. */
export function quoteClaim(text: string): string {
  const claim = text
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, MAX_MESSAGE_LENGTH);
  return `"${claim}"`;
}

/** The message of an ERR packet (gitprotocol-pack, "pkt-line"), which may stand in place of any packet; null in all others. */
export function errorOfPacket(text: string): TransportError | null {
  return text.startsWith('ERR ') ? serverError(text.slice(4)) : null;
}

/** As git (`not our ref`) and JGit (`want … not valid`) word it. */
export function isRefusedWant(text: string): boolean {
  return /^ERR .*(?:not our ref|want [0-9a-f]+ not valid)/.test(text);
}
