import { hashBlocks, startSha1 } from './hash-blocks';
import { inflate, prepareInflate } from './inflate';
import { CHAINING, DIGITS, INPUT, OUTPUT, OUTPUT_END, RECORD_BYTES, RECORDS, RECORDS_END } from './memory';

export { hashBlocks, startSha1 };

/** Of an inflated entry: a larger one is left to the caller. */
const MAX_BYTES: usize = 0x1_0000;

/** Before an inflated entry: git's object header; behind it: SHA-1's padding, and what `inflate` writes too much. */
const HEADROOM: usize = 32;
const FOOTROOM: usize = 128;

const OFS_DELTA: u32 = 6;
const REF_DELTA: u32 = 7;

/**
 * Reads the entries of a pack (gitformat-pack) that are whole in the first `length` bytes of the input, up to one that is not
 * as it is as a rule: the caller reads this one, and tells what is wrong with it, if anything is. A record has five words: bytes
 * of the entry's header, deflated bytes behind that, where the inflated ones lie, how many they are, and whether they show a
 * SHA-1 collision attack: 1 or 0, and then follow the 40 digits of the object's id; or -1, and there is no id.
 * @param hashed bit n: entries of type n get an id
 * @param idBytes of the id that a delta's base has
 * @returns how many records there are
 */
export function scanEntries(length: u32, hashed: u32, idBytes: u32): u32 {
  const end = INPUT + length;
  let from = INPUT;
  let out = OUTPUT;
  let record = RECORDS;
  for (; record < RECORDS_END && from < end; record += RECORD_BYTES) {
    let next = from;
    let byte: u32 = load<u8>(next++);
    const type = (byte >> 4) & 7;
    let size: usize = byte & 15;
    for (let shift: u32 = 4; byte >= 0x80 && shift < 25; shift += 7) {
      byte = load<u8>(next++);
      size |= (byte & 0x7f) << shift;
    }
    if (byte >= 0x80 || size > MAX_BYTES || type === 0 || type === 5) break;
    if (type === REF_DELTA) next += idBytes;
    else if (type === OFS_DELTA) {
      while (next < end && load<u8>(next) >= 0x80) next++;
      next++;
    }

    const body = out + HEADROOM;
    if (body + size + FOOTROOM > OUTPUT_END) break;
    // An entry that is deflated to more than this makes no sense.
    const behind = inflate(next, min(end, next + 2 * size + 1024), body, size);
    if (behind === 0) break;
    store<u32>(record, <u32>(next - from));
    store<u32>(record + 4, <u32>(behind - next));
    store<u32>(record + 8, <u32>body);
    store<u32>(record + 12, <u32>size);
    store<i32>(record + 16, (hashed >> type) & 1 ? <i32>hashObject(type, body, size, record + 20) : -1);
    out = (body + size + FOOTROOM) & ~7;
    from = behind;
  }
  return <u32>((record - RECORDS) / RECORD_BYTES);
}

/** Writes git's header before the object and SHA-1's padding behind it, and its id to `id`. */
function hashObject(type: u32, body: usize, size: usize, id: usize): bool {
  let start = body - 1;
  store<u8>(start, 0);
  let left = size;
  do {
    store<u8>(--start, <u8>(0x30 + (left % 10)));
    left /= 10;
  } while (left > 0);
  if (type === 1) {
    start -= 7;
    store<u32>(start, 0x6d6d6f63); // comm
    store<u16>(start, 0x7469, 4); // it
    store<u8>(start, 0x20, 6);
  } else if (type === 4) {
    start -= 4;
    store<u32>(start, 0x20676174); // tag
  } else {
    start -= 5;
    store<u32>(start, type === 2 ? 0x65657274 : 0x626f6c62); // tree, blob
    store<u8>(start, 0x20, 4);
  }

  const bytes = body + size - start;
  const blocks = (bytes + 9 + 63) & ~63;
  store<u64>(body + size, 0x80);
  for (let at = body + size + 8; at < start + blocks; at += 8) store<u64>(at, 0);
  store<u32>(start + blocks - 4, bswap<u32>((<u32>bytes) << 3));
  startSha1();
  const isCollision = hashBlocks(start, start + blocks);
  for (let index: usize = 0; index < 20; index++) {
    // The words lie with their highest byte last.
    const byte: usize = load<u8>(CHAINING + (index ^ 3));
    store<u8>(id + 2 * index, load<u8>(DIGITS + (byte >> 4)));
    store<u8>(id + 2 * index + 1, load<u8>(DIGITS + (byte & 15)));
  }
  return isCollision;
}

prepareInflate();
for (let digit: usize = 0; digit < 16; digit++)
  store<u8>(DIGITS + digit, <u8>(digit < 10 ? 0x30 + digit : 0x57 + digit));
