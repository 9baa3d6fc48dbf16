import { type ObjectFormat, type Oid, oidBytes } from '../model/oid.ts';
import type { ObjectId } from './object-id.ts';
import type { Inflated } from './pack-inflate.ts';
import { INPUT, INPUT_BYTES, openScanner, RECORD_BYTES, RECORDS } from './scanner.ts';

/** An entry as it stands in memory that the next scan overwrites. */
export interface ScannedEntry extends Inflated {
  /** Of a commit or a tag in SHA-1 that is no delta. */
  readonly id: ObjectId | null;
}

/**
 * Reads ahead what is usual in a pack: whole small entries that are without fault, many at a time. It leaves every other one,
 * and what follows it, to those who tell what is wrong.
 */
export interface PackScanner {
  /** Reads entries from the start of `input`, in place of what is left of those that it read before. */
  scan(input: Uint8Array): void;
  /** What is known of the next entry; null where it has to be read. */
  next(): ScannedEntry | null;
}

/** Types of entries whose ids are asked for, by bit: commits and tags. */
const HASHED = (1 << 1) | (1 << 4);

export function createPackScanner(format: ObjectFormat): PackScanner {
  const { memory, words, scanEntries } = openScanner();
  const hashed = format === 'sha1' ? HASHED : 0;
  let record = 0;
  let end = 0;
  return {
    scan: (input) => {
      const length = Math.min(input.length, INPUT_BYTES);
      memory.set(input.subarray(0, length), INPUT);
      record = RECORDS;
      end = RECORDS + RECORD_BYTES * scanEntries(length, hashed, oidBytes(format));
    },
    next: () => {
      if (record === end) return null;
      const word = record / 4;
      const digits = record + 20;
      record += RECORD_BYTES;
      const start = words[word + 2] as number;
      const collision = words[word + 4] as number;
      return {
        consumed: words[word + 1] as number,
        data: memory.subarray(start, start + (words[word + 3] as number)),
        id:
          collision < 0
            ? null
            : { oid: memory.toString('latin1', digits, digits + 40) as Oid, collides: collision === 1 },
      };
    },
  };
}
