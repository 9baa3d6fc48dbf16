import { MalformedError } from './malformed-error.ts';

/**
 * Reads big-endian fields from bytes that somebody else sized. Every read is checked against what is there and returns a
 * view, so a length in the input never makes an allocation.
 */
export class ByteReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #offset: number;

  /** Reads from `start` on, and nothing from `end` on. */
  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#offset = start;
    this.#end = end;
  }

  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#end - this.#offset;
  }

  /** @throws MalformedError where fewer bytes are left. */
  bytes(length: number): Buffer {
    const start = this.#advance(length);
    return this.#bytes.subarray(start, this.#offset);
  }

  /** The next bytes, to be read by themselves. @throws MalformedError where fewer are left. */
  part(length: number): ByteReader {
    const start = this.#advance(length);
    return new ByteReader(this.#bytes, start, this.#offset);
  }

  uint(length: 1 | 2 | 4): number {
    const start = this.#advance(length);
    let value = 0;
    for (let at = start; at < this.#offset; at += 1) value = value * 256 + Number(this.#bytes[at]);
    return value;
  }

  /** All that is left, in lower-case hexadecimal digits. */
  restInHex(): string {
    return this.#bytes.toString('hex', this.#advance(this.remaining), this.#end);
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
