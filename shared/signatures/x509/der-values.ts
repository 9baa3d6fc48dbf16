import type { UnixSeconds } from '../../model/signatory.ts';
import { MalformedError } from '../malformed-error.ts';
import { type DerElement, TAG } from './der-element.ts';

/** A small number that is not negative. */
export function readSmallInteger({ tag, bytes, contentStart, length }: DerElement): number {
  const isOfRange = tag === TAG.integer && length >= 1 && length <= 4 && Number(bytes[contentStart]) < 0x80;
  const isShortest = length === 1 || bytes[contentStart] !== 0 || Number(bytes[contentStart + 1]) >= 0x80;
  if (!isOfRange || !isShortest) throw new MalformedError('its DER has a number out of range');
  return bytes.readUIntBE(contentStart, length);
}

/** By a hash of their bytes, which are compared as well. The same few come with every signature, and decoding takes longer. */
const knownOids = new Map<number, { readonly content: Uint8Array; readonly text: string }>();
const MAX_KNOWN_OIDS = 1_000;

/** Dotted digits, as `2.5.29.15`. */
export function readOid(element: DerElement): string {
  const { tag, bytes, contentStart, end, length } = element;
  if (tag !== TAG.oid || length === 0 || length > 64) {
    throw new MalformedError('its DER has no object identifier where one belongs');
  }
  let hash = length;
  for (let at = contentStart; at < end; at += 1) hash = (Math.imul(hash, 31) + Number(bytes[at])) | 0;
  const found = knownOids.get(hash);
  if (found !== undefined && isContent(found.content, element)) return found.text;
  const content = new Uint8Array(element.content);
  const text = decodeOid(content);
  if (knownOids.size === MAX_KNOWN_OIDS) knownOids.clear();
  knownOids.set(hash, { content, text });
  return text;
}

function isContent(content: Uint8Array, { bytes, contentStart, length }: DerElement): boolean {
  if (content.length !== length) return false;
  for (let at = 0; at < length; at += 1) if (content[at] !== bytes[contentStart + at]) return false;
  return true;
}

function decodeOid(content: Uint8Array): string {
  let text = '';
  let value = 0;
  let isFirst = true;
  for (let index = 0; index < content.length; index += 1) {
    const byte = Number(content[index]);
    if ((isFirst && byte === 0x80) || value > 2 ** 45)
      throw new MalformedError('its DER has a malformed object identifier');
    value = value * 128 + (byte & 0x7f);
    isFirst = byte < 0x80;
    if (!isFirst) continue;
    // The first number holds two.
    const root = Math.min(Math.floor(value / 40), 2);
    text += text === '' ? `${root}.${value - root * 40}` : `.${value}`;
    value = 0;
  }
  if (!isFirst) throw new MalformedError('its DER has a malformed object identifier');
  return text;
}

/** DER has one encoding of each truth. */
export function readBoolean({ tag, content }: DerElement): boolean {
  const [value] = content;
  if (tag !== TAG.boolean || content.length !== 1 || (value !== 0 && value !== 0xff)) {
    throw new MalformedError('its DER has a malformed truth value');
  }
  return value === 0xff;
}

/** A bit string of whole bytes. */
export function readWholeBytes({ tag, content }: DerElement): Buffer {
  if (tag !== TAG.bitString || content[0] !== 0) throw new MalformedError('its DER has a malformed bit string');
  return content.subarray(1);
}

/** Which bits of a named bit list are set, from 0. */
export function readBits({ tag, content }: DerElement): ReadonlySet<number> {
  const [unused = 8] = content;
  if (tag !== TAG.bitString || unused > 7 || content.length > 5 || (content.length === 1 && unused > 0)) {
    throw new MalformedError('its DER has a malformed bit string');
  }
  const bits = new Set<number>();
  for (let bit = 0; bit < (content.length - 1) * 8 - unused; bit += 1) {
    if ((Number(content[1 + Math.floor(bit / 8)]) & (0x80 >> (bit % 8))) !== 0) bits.add(bit);
  }
  return bits;
}

const UTC_TIME = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;
const GENERALIZED_TIME = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.\d{0,8}[1-9])?Z$/;

/** UTCTime or GeneralizedTime, in UTC and with seconds (RFC 5280, section 4.1.2.5); fractions of a second (RFC 3161) are cut off. */
export function readTime({ tag, content }: DerElement): UnixSeconds {
  const text = content.toString('latin1');
  const match =
    tag === TAG.utcTime ? UTC_TIME.exec(text) : tag === TAG.generalizedTime ? GENERALIZED_TIME.exec(text) : null;
  if (match === null) throw new MalformedError('its DER has a malformed time');
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const fullYear = tag === TAG.utcTime ? year + (year < 50 ? 2000 : 1900) : year;
  const time = new Date(Date.UTC(fullYear, month - 1, day, hour, minute, second));
  // Years before 100 count from 1900 there, and no certificate is that old.
  const isReal = fullYear >= 1950 && time.getUTCMonth() === month - 1 && time.getUTCDate() === day;
  if (!isReal || hour > 23 || minute > 59 || second > 59)
    throw new MalformedError('its DER has a time that does not exist');
  return time.getTime() / 1000;
}
