import { deflateSync } from 'node:zlib';
import { readPackEntry } from '../../shared/git/pack-entry.ts';
import { inflateObject } from '../../shared/git/pack-inflate.ts';
import { type ObjectFormat, oidBytes } from '../../shared/model/oid.ts';
import { buildPack, type PackPart, sealPack } from './build-pack.ts';
import type { RandomNumbers } from './random-numbers.ts';

export interface PackOriginal {
  readonly format: ObjectFormat;
  readonly pack: Buffer;
  readonly parts: readonly PackPart[];
}

export interface PackMutant {
  readonly pack: Buffer;
  readonly done: readonly string[];
  /** Whether its checksum was made to fit. */
  readonly isSealed: boolean;
}

/** Takes a good pack apart, so that `buildPack` can make others of it. */
export function readOriginal(pack: Buffer, format: ObjectFormat): PackOriginal {
  const parts: PackPart[] = [];
  const offsets: number[] = [];
  for (let offset = 12; offset < pack.length - oidBytes(format); ) {
    const entry = readPackEntry(pack.subarray(offset), offset, format);
    const inflated = entry && inflateObject(pack.subarray(offset + entry.headerBytes), entry.size);
    if (!entry || !inflated) throw new RangeError('The pack is not a good one.');
    const body = inflated.data;
    if (entry.type !== 'delta') parts.push({ type: entry.type, body });
    else if (typeof entry.base === 'string') parts.push({ type: 'ref-delta', base: entry.base, body });
    else parts.push({ type: 'ofs-delta', base: offsets.indexOf(entry.base), body });
    offsets.push(offset);
    offset += entry.headerBytes + inflated.consumed;
  }
  return { format, pack, parts };
}

/** One to three changes, of its bytes or of its parts. */
export function mutatePack(original: PackOriginal, others: readonly PackOriginal[], random: RandomNumbers): PackMutant {
  const { format } = original;
  const done: string[] = [];
  let { parts } = original;
  let count: number | undefined;
  for (let steps = random.below(4); steps > 0; steps -= 1) {
    const name = random.pick(Object.keys(PART_MUTATIONS));
    parts = PART_MUTATIONS[name]?.(parts, random.pick(others), random) ?? parts;
    done.push(name);
  }
  if (random.below(20) === 0) {
    count = Math.max(0, parts.length + random.pick([-1, 1, 2, 0x7fff_ffff, random.below(1000)]));
    done.push('count');
  }
  let pack = done.length === 0 ? original.pack : buildPack(parts, format, count);
  const isSealed = done.length > 0 || random.below(2) === 0;
  for (let steps = done.length > 0 ? random.below(2) : random.between(1, 3); steps > 0; steps -= 1) {
    const name = random.pick(Object.keys(BYTE_MUTATIONS));
    pack = BYTE_MUTATIONS[name]?.(pack, random.pick(others).pack, random) ?? pack;
    done.push(name);
  }
  if (isSealed) pack = sealPack(pack.subarray(0, -oidBytes(format)), format);
  return { pack, done, isSealed };
}

type PartMutation = (parts: readonly PackPart[], other: PackOriginal, random: RandomNumbers) => readonly PackPart[];

/** What is wrong lies within entries that are deflated well. */
const PART_MUTATIONS: Readonly<Record<string, PartMutation>> = {
  'a size claimed': (parts, _, random) =>
    editPart(parts, random, (part) => {
      const { length } = part.body;
      const sizes = [0, length - 1, length + 1, 2 * length, 2 ** 20, 2 ** 30, 2 ** 40, 2 ** 60, random.below(70_000)];
      return { ...part, claimedSize: Math.max(0, random.pick(sizes)) };
    }),
  'another type': (parts, _, random) =>
    editPart(parts, random, ({ body }) => ({ type: random.pick(['commit', 'tree', 'blob', 'tag'] as const), body })),
  'made a delta': (parts, _, random) =>
    editPart(parts, random, ({ body }) => ({ type: 'ofs-delta', base: random.below(parts.length), body })),
  'another base': (parts, other, random) =>
    editPart(parts, random, (part) => {
      if (part.type === 'ofs-delta') return { ...part, base: random.below(parts.length) };
      const { base } = random.pick(other.parts.filter((each) => each.type === 'ref-delta').concat(NO_BASE));
      return part.type === 'ref-delta'
        ? { ...part, base: base.slice(0, part.base.length).padEnd(part.base.length, '0') }
        : part;
    }),
  'a body changed': (parts, _, random) =>
    editPart(parts, random, (part) => {
      const body = Buffer.from(part.body);
      for (let count = random.between(1, 3); count > 0; count -= 1) body[random.below(body.length)] = random.below(256);
      return { ...part, body };
    }),
  'a body cut or lengthened': (parts, _, random) =>
    editPart(parts, random, (part) => {
      const at = random.below(part.body.length + 1);
      return { ...part, body: Buffer.concat([part.body.subarray(0, at), random.bytes(random.below(20))]) };
    }),
  // Larger than what is inflated at once.
  'a large blob': (parts, _, random) => {
    const body = Buffer.alloc(random.pick([65_536, 65_537, 300_000]), 'x');
    const claimedSize = random.pick([body.length, body.length, 65_537, 100, 3_000_000, 2 ** 29]);
    return [...parts, { type: 'blob', body, claimedSize }];
  },
  'a part twice': (parts, _, random) => [...parts, random.pick(parts)],
  'a part of another pack': (parts, other, random) => [...parts, random.pick(other.parts)],
  'a part left out': (parts, _, random) => parts.toSpliced(random.below(parts.length), 1),
  'parts swapped': (parts, _, random) => {
    const [one, other] = [random.below(parts.length), random.below(parts.length)];
    return parts.with(one, parts[other] ?? EMPTY).with(other, parts[one] ?? EMPTY);
  },
};

const EMPTY: PackPart = { type: 'blob', body: Buffer.alloc(0) };
const NO_BASE = { type: 'ref-delta', base: '', body: Buffer.alloc(0) } as const;

function editPart(parts: readonly PackPart[], random: RandomNumbers, edit: (part: PackPart) => PackPart): PackPart[] {
  const at = random.below(parts.length);
  return parts.with(at, edit(parts[at] ?? EMPTY));
}

type ByteMutation = (pack: Buffer, other: Buffer, random: RandomNumbers) => Buffer;

const BYTE_MUTATIONS: Readonly<Record<string, ByteMutation>> = {
  'bits flipped': (pack, _, random) => {
    const mutant = Buffer.from(pack);
    for (let count = random.between(1, 4); count > 0; count -= 1) {
      const at = random.below(pack.length);
      mutant[at] = (mutant[at] ?? 0) ^ (1 << random.below(8));
    }
    return mutant;
  },
  'a byte changed': (pack, _, random) => {
    const mutant = Buffer.from(pack);
    mutant[random.below(pack.length)] = random.below(256);
    return mutant;
  },
  'the header changed': (pack, _, random) => {
    const mutant = Buffer.from(pack);
    mutant[random.below(Math.min(14, pack.length))] = random.below(256);
    return mutant;
  },
  'cut off': (pack, _, random) => pack.subarray(0, random.below(pack.length)),
  'a range left out': (pack, _, random) => {
    const at = random.below(pack.length);
    return Buffer.concat([pack.subarray(0, at), pack.subarray(at + random.between(1, 200))]);
  },
  'a range twice': (pack, _, random) => {
    const at = random.below(pack.length);
    const end = at + random.between(1, 400);
    return Buffer.concat([pack.subarray(0, end), pack.subarray(at)]);
  },
  'a range of another pack': (pack, other, random) => {
    const at = random.below(pack.length);
    const from = random.below(other.length);
    const range = other.subarray(from, from + random.between(1, 400));
    return Buffer.concat([pack.subarray(0, at), range, pack.subarray(at + random.below(2) * range.length)]);
  },
  'random bytes inserted': (pack, _, random) => {
    const at = random.below(pack.length);
    return Buffer.concat([pack.subarray(0, at), random.bytes(random.between(1, 40)), pack.subarray(at)]);
  },
  'a bomb inserted': (pack, _, random) => {
    const at = random.below(pack.length);
    return Buffer.concat([pack.subarray(0, at), Buffer.from([0x3a]), BOMB, pack.subarray(at)]);
  },
  'bytes behind': (pack, _, random) => Buffer.concat([pack, random.bytes(random.between(1, 64))]),
};

const BOMB = deflateSync(Buffer.alloc(5_000_000));
