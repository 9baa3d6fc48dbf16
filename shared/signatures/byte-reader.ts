import { MalformedError } from './malformed-error.ts';

/**
 * Reads big-endian fields from bytes that somebody else sized. Every read is checked against what is there and returns a
 * view, so a length in the input never makes an allocation.
 */
export class ByteReader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  /** @throws MalformedError where fewer bytes are left. */
  bytes(length: number): Buffer {
    const start = this.#advance(length);
    return this.#bytes.subarray(start, this.#offset);
  }

  uint(length: 1 | 2 | 4): number {
    return this.#bytes.readUIntBE(this.#advance(length), length);
  }

  rest(): Buffer {
    return this.bytes(this.remaining);
  }

  #advance(length: number): number {
    if (length > this.remaining) throw new MalformedError('it ends too early');
    const start = this.#offset;
    this.#offset += length;
    return start;
  }

  /** @throws MalformedError where anything is left. */
  end(): void {
    if (this.remaining > 0) throw new MalformedError('data follows where it should end');
  }
}
