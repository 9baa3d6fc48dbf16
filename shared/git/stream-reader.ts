import { Buffer } from 'node:buffer';

/** Reads a stream by exact lengths and by lines, without copying where a chunk holds all that is asked for. */
export interface StreamReader {
  /** The next `length` bytes; fewer, or none, where the stream ends first. */
  read(length: number): Promise<Buffer>;
  /** The next line without its line feed; null where the stream ends first, or no line feed comes within `maxLength` bytes. */
  readLine(maxLength: number): Promise<string | null>;
}

export function createStreamReader(chunks: AsyncIterable<Uint8Array>): StreamReader {
  const source = chunks[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);

  const pull = async (): Promise<Buffer | null> => {
    const { value, done } = await source.next();
    return done === true ? null : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  };
  const take = (length: number): Buffer => {
    const taken = held.subarray(0, length);
    held = held.subarray(taken.length);
    return taken;
  };

  return {
    read: async (length) => {
      if (held.length >= length) return take(length);
      const parts = [held];
      let total = held.length;
      while (total < length) {
        const chunk = await pull();
        if (chunk === null) break;
        parts.push(chunk);
        total += chunk.length;
      }
      held = Buffer.concat(parts, total);
      return take(length);
    },
    readLine: async (maxLength) => {
      for (;;) {
        const end = held.indexOf(0x0a);
        if (end > maxLength || (end < 0 && held.length > maxLength)) return null;
        if (end >= 0) return take(end + 1).toString('latin1', 0, end);
        const chunk = await pull();
        if (chunk === null) return null;
        held = Buffer.concat([held, chunk]);
      }
    },
  };
}
