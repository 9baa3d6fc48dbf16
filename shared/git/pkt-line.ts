import { Buffer } from 'node:buffer';
import { createStreamReader } from './stream-reader.ts';
import { badResponse } from './transport-error.ts';

/** One packet of git's wire protocol (gitprotocol-common, "pkt-line Format"). */
export type Packet =
  | { readonly kind: 'data'; readonly payload: Buffer }
  | { readonly kind: 'flush' | 'delimiter' | 'response-end' };

/** A packet with its four digits of length. */
export const MAX_PACKET_BYTES = 65_520;

const LENGTH_DIGITS = 4;

export const FLUSH_PACKET = '0000';
export const DELIMITER_PACKET = '0001';

/** @throws RangeError where the payload does not fit into one packet */
export function encodePacket(payload: string): string {
  const length = Buffer.byteLength(payload) + LENGTH_DIGITS;
  if (length > MAX_PACKET_BYTES) throw new RangeError('A packet holds at most 65,516 bytes.');
  return length.toString(16).padStart(LENGTH_DIGITS, '0') + payload;
}

/** One line of text in a packet. */
export function encodeLine(line: string): string {
  return encodePacket(`${line}\n`);
}

/**
 * Splits a byte stream into packets as it arrives. Ends with the stream, within a packet too: every message of the
 * protocol ends with a flush packet, so its absence tells.
 * @throws TransportError `bad_response`
 */
export async function* readPackets(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Packet, void, undefined> {
  const reader = createStreamReader(chunks);
  for (;;) {
    const digits = (await reader.read(LENGTH_DIGITS)).toString('latin1');
    if (digits.length < LENGTH_DIGITS) return;
    const length = /^[0-9a-fA-F]{4}$/.test(digits) ? Number.parseInt(digits, 16) : -1;
    if (length === 0) yield { kind: 'flush' };
    else if (length === 1) yield { kind: 'delimiter' };
    else if (length === 2) yield { kind: 'response-end' };
    else if (length < LENGTH_DIGITS || length > MAX_PACKET_BYTES) throw badResponse('it is not in pkt-line format');
    else {
      const payload = await reader.read(length - LENGTH_DIGITS);
      if (payload.length < length - LENGTH_DIGITS) return;
      yield { kind: 'data', payload };
    }
  }
}

/** A packet's text, one character a byte, without the line feed that its sender may add. */
export function packetText(payload: Buffer): string {
  return payload.toString('latin1', 0, payload.at(-1) === 0x0a ? payload.length - 1 : payload.length);
}
