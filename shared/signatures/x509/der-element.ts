import { MalformedError } from '../malformed-error.ts';

/** Tags of X.690 as they stand in a header: class, form and number. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** `[n]` of a structure: a context-specific tag around other elements, and the same around bytes. */
export const contextTag = (n: number): number => 0xa0 | n;
export const primitiveContextTag = (n: number): number => 0x80 | n;

const HIGH_TAG_NUMBER = 0x1f;
const LONG_LENGTH = 0x80;
const MAX_LENGTH_BYTES = 4;

/** One element of DER (X.690), from `start` to `end` of the bytes that were read. */
export class DerElement {
  readonly tag: number;
  readonly bytes: Buffer;
  readonly start: number;
  readonly contentStart: number;
  readonly end: number;

  constructor(bytes: Buffer, start: number, contentStart: number, end: number) {
    this.tag = Number(bytes[start]);
    this.bytes = bytes;
    this.start = start;
    this.contentStart = contentStart;
    this.end = end;
  }

  /** Header and content. Most elements are asked for neither view. */
  get whole(): Buffer {
    return this.bytes.subarray(this.start, this.end);
  }

  get content(): Buffer {
    return this.bytes.subarray(this.contentStart, this.end);
  }

  /** Of the content, in bytes. */
  get length(): number {
    return this.end - this.contentStart;
  }
}

/** The one element that these bytes are. @throws MalformedError */
export function readDer(bytes: Uint8Array): DerElement {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const element = readElementAt(view, 0, view.length);
  if (element.end !== view.length) throw new MalformedError('data follows its DER');
  return element;
}

/** The elements in an element, in their order. @throws MalformedError */
export function readElements({ bytes, contentStart, end }: DerElement): DerElement[] {
  const elements: DerElement[] = [];
  for (let offset = contentStart; offset < end; ) {
    const element = readElementAt(bytes, offset, end);
    elements.push(element);
    offset = element.end;
  }
  return elements;
}

/** The one element in an element. @throws MalformedError */
export function readOnlyElement(element: DerElement): DerElement {
  const { bytes, contentStart, end } = element;
  const only = readElementAt(bytes, contentStart, end);
  if (only.end !== end) throw new MalformedError('its DER holds not one element where one belongs');
  return only;
}

function readElementAt(bytes: Buffer, start: number, end: number): DerElement {
  const contentStart = start + 2 + sizeOfLongLength(Number(bytes[start + 1]));
  return new DerElement(bytes, start, contentStart, findEnd(bytes, start, end));
}

/**
 * Where an element ends, by its header alone. Definite lengths in their shortest form alone, and tag numbers below 31: other
 * structures hold no others.
 */
function findEnd(bytes: Buffer, start: number, end: number): number {
  if (end - start < 2) throw new MalformedError('its DER ends too early');
  if ((Number(bytes[start]) & HIGH_TAG_NUMBER) === HIGH_TAG_NUMBER)
    throw new MalformedError('its DER has a tag that is none of X.509');
  const first = Number(bytes[start + 1]);
  const size = sizeOfLongLength(first);
  const length = first < LONG_LENGTH ? first : readLongLength(bytes, start + 2, end, size);
  const content = start + 2 + size;
  if (length > end - content) throw new MalformedError('its DER ends too early');
  return content + length;
}

/** How many bytes of length follow this one. */
function sizeOfLongLength(first: number): number {
  return first < LONG_LENGTH ? 0 : first - LONG_LENGTH;
}

function readLongLength(bytes: Buffer, at: number, end: number, size: number): number {
  if (size === 0) throw new MalformedError('its DER has an indefinite length');
  if (size > MAX_LENGTH_BYTES || size > end - at) throw new MalformedError('its DER ends too early');
  const length = bytes.readUIntBE(at, size);
  const shortest = length < LONG_LENGTH ? 0 : Math.ceil((32 - Math.clz32(length)) / 8);
  if (size !== shortest) throw new MalformedError('its DER has a length that is not in its shortest form');
  return length;
}

/** Reads the elements of a structure one after the other. */
export class DerReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #next: number;

  /** @throws MalformedError where the element has another tag, or anything in it is no DER, read or not. */
  constructor(element: DerElement, tag: number = TAG.sequence) {
    const { bytes, contentStart, end } = element;
    if (element.tag !== tag) throw new MalformedError('its DER is another structure than the one that belongs there');
    for (let offset = contentStart; offset < end; ) offset = findEnd(bytes, offset, end);
    this.#bytes = bytes;
    this.#end = end;
    this.#next = contentStart;
  }

  /** @throws MalformedError where another element comes next, or none. */
  take(tag: number): DerElement {
    const element = this.takeIf(tag);
    if (element === null) throw new MalformedError('its DER lacks an element, or has another in its place');
    return element;
  }

  /** Null where another element comes next, or none. */
  takeIf(tag: number): DerElement | null {
    return !this.isAtEnd && this.#bytes[this.#next] === tag ? this.takeAny() : null;
  }

  /** Whatever comes next. */
  takeAny(): DerElement {
    if (this.isAtEnd) throw new MalformedError('its DER lacks an element');
    const element = readElementAt(this.#bytes, this.#next, this.#end);
    this.#next = element.end;
    return element;
  }

  get isAtEnd(): boolean {
    return this.#next === this.#end;
  }

  /** @throws MalformedError where anything is left. */
  end(): void {
    if (!this.isAtEnd) throw new MalformedError('its DER has an element that belongs nowhere');
  }
}
