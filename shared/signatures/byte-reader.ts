import { MalformedError } from './malformed-error.ts';

/**
 * Reads big-endian fields from bytes that somebody else sized. Every read is checked against what is there and returns a
 * view, so a length in the input never makes an allocation.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  /** @throws MalformedError where fewer bytes are left. */
  bytes(length: number): Uint8Array {
    if (length > this.remaining) throw new MalformedError('it ends too early');
    const start = this.#offset;
    this.#offset += length;
    return this.#bytes.subarray(start, this.#offset);
  }

  uint(length: 1 | 2 | 4): number {
    let value = 0;
    for (const byte of this.bytes(length)) value = value * 256 + byte;
    return value;
  }

  rest(): Uint8Array {
    return this.bytes(this.remaining);
  }

  /** @throws MalformedError where anything is left. */
  end(): void {
    if (this.remaining > 0) throw new MalformedError('data follows where it should end');
  }
}
