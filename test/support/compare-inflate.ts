import { constants, deflateSync, inflateRawSync, type ZlibOptions } from 'node:zlib';
import { type Inflated, inflateObject } from '../../shared/git/pack-inflate.ts';
import { createPackScanner } from '../../shared/git/pack-scanner.ts';
import { TransportError } from '../../shared/git/transport-error.ts';
import { RandomNumbers } from './random-numbers.ts';

export interface InflateCounts {
  readonly inflated: number;
  readonly refused: number;
}

const STRATEGIES = [
  constants.Z_DEFAULT_STRATEGY,
  constants.Z_FILTERED,
  constants.Z_HUFFMAN_ONLY,
  constants.Z_RLE,
  constants.Z_FIXED,
] as const;

const BLOB = 3;

/**
 * Has the pack scanner and zlib inflate the same streams: good ones of every kind, changed ones, and changed ones whose size
 * and checksum were made to fit again, so that nothing but the deflated data decides.
 * @returns how often both agreed. @throws Error with seed and number where they do not
 */
export function compareInflate(rounds: number, seed: number): InflateCounts {
  const random = new RandomNumbers(seed);
  const scanner = createPackScanner('sha1');
  const counts = { inflated: 0, refused: 0 };
  for (let round = 0; round < rounds; round += 1) {
    const { stream, size } = makeStream(random);
    const zlib = inflateByZlib(stream, size);
    scanner.scan(Buffer.concat([encodeHeader(size), stream]));
    const ours = scanner.next();
    const agree = zlib === null ? ours === null : ours?.consumed === zlib.consumed && ours.data.equals(zlib.data);
    if (!agree) throw new Error(`Seed ${seed}, stream ${round}: ${stream.toString('base64')} of ${size} bytes`);
    counts[zlib === null ? 'refused' : 'inflated'] += 1;
  }
  return counts;
}

interface Stream {
  readonly stream: Buffer;
  /** What its entry says. */
  readonly size: number;
}

function makeStream(random: RandomNumbers): Stream {
  const body = makeBody(random);
  const options: ZlibOptions = {
    level: random.between(0, 9),
    memLevel: random.between(1, 9),
    windowBits: random.between(9, 15),
    strategy: random.pick(STRATEGIES),
  };
  const good = Buffer.concat([deflateSync(body, options), makeBytes(random, random.between(0, 20))]);
  const kind = random.between(0, 9);
  if (kind < 2) return { stream: good, size: body.length };
  if (kind === 2) return { stream: good, size: Math.max(0, body.length + random.between(-3, 3)) };
  if (kind === 3) return { stream: good.subarray(0, random.between(0, good.length)), size: body.length };
  const changed = changeBytes(good, random);
  return kind < 6 ? { stream: changed, size: body.length } : mend(changed, body.length);
}

function makeBody(random: RandomNumbers): Buffer {
  const length = random.between(0, random.pick([0, 10, 100, 600, 600, 600, 600, 600, 3_000, 65_536]));
  const period = random.pick([1, 2, 7, 8, 9, 40, 300, 33_000]);
  const letters = random.pick([1, 2, 4, 20, 64, 256]);
  const bytes = makeBytes(random, Math.min(length, period)).map((byte) => byte % letters);
  const body = Buffer.alloc(length);
  for (let start = 0; start < length; start += bytes.length) {
    body.set(bytes.subarray(0, length - start), start);
    body[start] = random.between(0, 255);
  }
  return body;
}

function makeBytes(random: RandomNumbers, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => random.between(0, 255)));
}

/** Most changes are made where a dynamic block says what its codes are. */
function changeBytes(stream: Buffer, random: RandomNumbers): Buffer {
  const changed = Buffer.from(stream);
  for (let changes = random.between(1, 3); changes > 0; changes -= 1) {
    const at = random.between(0, Math.min(random.pick([3, 20, 80, stream.length]), stream.length) - 1);
    changed[at] =
      random.between(0, 1) === 0 ? random.between(0, 255) : (changed[at] ?? 0) ^ (1 << random.between(0, 7));
  }
  return changed;
}

/** Where the deflated data still has an end, its real size and checksum; the header as zlib writes it. */
function mend(changed: Buffer, size: number): Stream {
  try {
    const result = inflateRawSync(changed.subarray(2), { info: true, maxOutputLength: 65_536 });
    const { buffer, engine } = result as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
    const end = 2 + engine.bytesWritten;
    return {
      stream: Buffer.concat([Buffer.of(0x78, 0x9c), changed.subarray(2, end), checksum(buffer), changed.subarray(end)]),
      size: buffer.length,
    };
  } catch {
    return { stream: changed, size };
  }
}

/** RFC 1950, 8.2: Adler-32. */
function checksum(bytes: Buffer): Buffer {
  let [sum, sums] = [1, 0];
  for (const byte of bytes) {
    sum = (sum + byte) % 65_521;
    sums = (sums + sum) % 65_521;
  }
  const written = Buffer.alloc(4);
  written.writeUInt32BE(sums * 0x1_0000 + sum);
  return written;
}

function inflateByZlib(stream: Buffer, size: number): Inflated | null {
  try {
    return inflateObject(stream, size);
  } catch (error) {
    if (error instanceof TransportError) return null;
    throw error;
  }
}

/** Of a blob of `size` bytes (gitformat-pack). */
function encodeHeader(size: number): Buffer {
  const bytes = [(BLOB << 4) | (size & 15)];
  for (let rest = size >> 4; rest > 0; rest >>= 7) {
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 0x80;
    bytes.push(rest & 0x7f);
  }
  return Buffer.from(bytes);
}

if (import.meta.main) {
  const [rounds = '1000000', seed = String(Date.now() % 2 ** 31)] = process.argv.slice(2);
  console.log(`Seed ${seed}: ${JSON.stringify(compareInflate(Number(rounds), Number(seed)))}`);
}
