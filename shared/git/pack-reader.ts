import { type ObjectFormat, oidBytes } from '../model/oid.ts';
import { createExpansionBudget } from './pack-budget.ts';
import { PACK_HEADER_BYTES, type PackEntry, readPackEntry } from './pack-entry.ts';
import { createObjectSkipper, inflateObject, type ObjectSkipper } from './pack-inflate.ts';
import { createPackInput } from './pack-input.ts';
import { createPackObjects, type PackLimits, type PackObjects } from './pack-objects.ts';
import { createPackScanner, type PackScanner, type ScannedEntry } from './pack-scanner.ts';
import type { SentTags } from './tag-source.ts';
import { badResponse, limitExceeded, truncatedPack } from './transport-error.ts';

/** Takes a pack as it arrives. What comes after an error has no meaning. */
export interface PackReader<Sent> {
  /** Takes the next bytes; the ones after them once that is done. @throws TransportError */
  push(chunk: Uint8Array): Promise<void> | undefined;
  /** What was kept of the pack. @throws TransportError */
  finish(): Promise<Sent>;
}

/** A server that cannot filter sends trees and blobs along with each commit. */
const MAX_OBJECTS_A_COMMIT = 20;

/**
 * Up to here an object that nobody needs is inflated at once as well, since that takes less time. A larger one is skipped in
 * parts of this length.
 */
const SKIPPED_PART_BYTES = 64 * 1024;

/** Bytes at hand that are worth an attempt before the pack ends: each attempt but the last ends in an error of zlib. */
const ATTEMPT_BYTES = 64 * 1024;

/** Reads the commits and tags of a pack. Errors are those of `createObjectReader`. */
export function createPackReader(format: ObjectFormat, limits: PackLimits): PackReader<SentTags> {
  return createObjectReader(format, limits, createPackObjects(format, limits), createPackScanner(format));
}

/**
 * Reads a self-contained pack (gitformat-pack), and holds nothing of it but what `objects` keeps and the entry that is not
 * whole yet. Errors: `truncated_pack`, `bad_response` or `limit_exceeded`, the same however the pack is cut into chunks.
 */
export function createObjectReader<Sent>(
  format: ObjectFormat,
  limits: Pick<PackLimits, 'commits' | 'packBytes'>,
  objects: PackObjects<Sent>,
  scanner: PackScanner | null = null,
): PackReader<Sent> {
  const input = createPackInput(format);
  const spend = createExpansionBudget(limits);
  let received = 0;
  /** Bytes to be at hand before the next attempt to read. */
  let wanted = PACK_HEADER_BYTES;
  /** Objects that the header announces, once it is read, and those that were read. */
  let count: number | null = null;
  let done = 0;
  /** Whose bytes come next, and what becomes of them. */
  let current: { readonly entry: PackEntry; readonly isWanted: boolean } | null = null;
  let skip: ObjectSkipper | null = null;

  /** Reads what is whole, as far as to an object that is to be skipped by parts; all of it once everything has arrived. */
  const read = (isEnd: boolean): void => {
    count ??= readHeader();
    let known: ScannedEntry | null = null;
    while (count !== null && done < count) {
      if (current === null) {
        known = scanner?.next() ?? null;
        if (known === null && scanner !== null) {
          scanner.scan(input.rest());
          known = scanner.next();
        }
        const entry = readPackEntry(input.rest(), input.taken, format);
        if (entry === null) break;
        spend(entry.size);
        current = { entry, isWanted: objects.admit(entry) };
        input.take(entry.headerBytes);
      }
      const { entry, isWanted } = current;
      if (!isWanted && entry.size > SKIPPED_PART_BYTES) {
        skip = createObjectSkipper(entry.size);
        return;
      }
      // As a rule it is not whole, and its beginning is not worth an attempt.
      if (known === null && scanner !== null && !isEnd && input.rest().length < ATTEMPT_BYTES) break;
      const inflated = known ?? inflateObject(input.rest(), entry.size);
      if (inflated === null) break;
      if (isWanted) objects.take(entry, inflated.data, known?.id ?? null);
      known = null;
      endEntry(inflated.consumed);
    }
    // Every attempt at an entry has twice the bytes of the last, so that all of them together cost no more than one.
    wanted = Math.max(2 * input.rest().length, ATTEMPT_BYTES);
    if (done === count && input.rest().length > oidBytes(format))
      throw badResponse('its pack has data after the last object');
  };
  const endEntry = (bytes: number): void => {
    input.take(bytes);
    current = null;
    skip = null;
    done += 1;
  };
  const readHeader = (): number | null => {
    const header = input.rest();
    if (header.length < PACK_HEADER_BYTES) return null;
    const version = header.readUInt32BE(4);
    if (header.toString('latin1', 0, 4) !== 'PACK' || (version !== 2 && version !== 3))
      throw badResponse('its pack has no valid header');
    const objectCount = header.readUInt32BE(8);
    if (objectCount > MAX_OBJECTS_A_COMMIT * limits.commits)
      throw limitExceeded('commits', `The pack has ${objectCount} objects`);
    input.take(PACK_HEADER_BYTES);
    return objectCount;
  };

  const advance = (isEnd: boolean): Promise<void> | undefined => {
    if (skip === null) read(isEnd);
    return skip === null ? undefined : advanceSkipping(isEnd);
  };
  const advanceSkipping = async (isEnd: boolean): Promise<void> => {
    while (skip !== null) {
      const part = input.rest();
      const ending = part.length === 0 ? null : await skip(part);
      if (ending === null) {
        input.take(part.length);
        wanted = SKIPPED_PART_BYTES;
        return;
      }
      endEntry(ending);
      read(isEnd);
    }
  };

  return {
    push: (chunk) => {
      received += chunk.length;
      // Trust rule 4.7: counted as it arrives, before it is kept.
      if (received > limits.packBytes)
        throw limitExceeded('packBytes', `The pack is larger than ${limits.packBytes} bytes`);
      input.append(chunk);
      return input.rest().length < wanted ? undefined : advance(false);
    },
    finish: async () => {
      await advance(true);
      if (count === null) throw truncatedPack('not even its header is whole');
      if (done < count) throw truncatedPack('an object is missing or incomplete');
      const trailer = input.rest();
      if (trailer.length < oidBytes(format)) throw truncatedPack('its checksum is missing');
      if (!input.checksum().equals(trailer)) throw badResponse('its pack does not match its checksum');
      return objects.result();
    },
  };
}
