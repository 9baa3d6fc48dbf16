import { Buffer } from 'node:buffer';
import type { BranchLimits } from '../model/limits.ts';
import type { ObjectFormat, Oid } from '../model/oid.ts';
import { applyDelta } from './apply-delta.ts';
import { computeOid, type ObjectId } from './object-id.ts';
import { createExpansionBudget } from './pack-budget.ts';
import { createWaitingDeltas, type DeltaEntry } from './pack-deltas.ts';
import type { PackEntry } from './pack-entry.ts';
import { createPackOffsets } from './pack-offsets.ts';
import { createParentBudget } from './parent-budget.ts';
import type { SentTags } from './tag-source.ts';
import { limitExceeded } from './transport-error.ts';

export type PackLimits = Pick<BranchLimits, 'commits' | 'packBytes' | 'objectBytes' | 'parents'>;

/** Where the objects of a pack go, entry by entry. */
export interface PackObjects<Sent> {
  /**
   * Judges an entry by what it claims, before it is inflated (trust rule 4.7).
   * @returns whether `take` is to have its data. @throws TransportError `limit_exceeded`
   */
  admit(entry: PackEntry): boolean;
  /**
   * @param data nobody's for longer than this call. @param id of the object, where it is known
   * @throws TransportError `bad_response` or `limit_exceeded`
   */
  take(entry: PackEntry, data: Buffer, id: ObjectId | null): void;
  /** Once all were taken. */
  result(): Sent;
}

/** A commit or a tag. A delta makes an object of its base's kind. */
interface Body {
  readonly kind: 'commit' | 'tag';
  readonly body: Buffer;
}

/**
 * Keeps commits and tags, each under the id that its bytes hash to (trust rule 1.1). Other objects are of no use, nor is a
 * delta whose base is neither; an object that is absent thereby is missing (trust rule 1.5).
 */
export function createPackObjects(format: ObjectFormat, limits: PackLimits): PackObjects<SentTags> {
  const kept = { commit: new Map<Oid, Buffer>(), tag: new Map<Oid, Buffer>() };
  /** They stay in `kept` until the end: an object that collides is still what others are built from. */
  const collisions = new Set<Oid>();
  const oids = createPackOffsets();
  const waiting = createWaitingDeltas();
  const countParents = createParentBudget(limits);
  const copyApart = createSlabs();
  /** Of what comes whole and what deltas make. */
  const spend = createExpansionBudget(limits);

  const find = (base: number | Oid): Body | null => {
    const oid = typeof base === 'string' ? base : oids.get(base);
    if (oid === undefined) return null;
    const commit = kept.commit.get(oid);
    if (commit !== undefined) return { kind: 'commit', body: commit };
    const tag = kept.tag.get(oid);
    return tag === undefined ? null : { kind: 'tag', body: tag };
  };
  const expand = ({ kind, body: base }: Body, delta: Uint8Array): Body => {
    const body = applyDelta(base, delta, limits.objectBytes);
    spend(body.length);
    return { kind, body };
  };
  /** Keeps an object, and then every delta that waited for it or for one of those. */
  const keep = (offset: number, found: Body, known: ObjectId | null): void => {
    const work = [{ offset, found, known }];
    for (let next = work.pop(); next !== undefined; next = work.pop()) {
      const { kind, body } = next.found;
      const { oid, collides } = computeOid(kind, body, format, next.known);
      if (collides) collisions.add(oid);
      oids.set(next.offset, oid);
      if (!kept[kind].has(oid)) kept[kind].set(oid, copyApart(body));
      if (kind === 'commit') countParents(oid, body);
      if (kept.commit.size + kept.tag.size > limits.commits)
        throw limitExceeded('commits', `The pack has more than ${limits.commits} commits`);
      for (const delta of waiting.release(next.offset, oid))
        work.push({ offset: delta.offset, found: expand(next.found, delta.data), known: null });
    }
  };

  const checkSize = ({ size }: PackEntry): void => {
    if (size > limits.objectBytes)
      throw limitExceeded('objectBytes', `An object has more than ${limits.objectBytes} bytes`);
  };
  const admitDelta = (delta: DeltaEntry): boolean => {
    if (find(delta.base) === null) return delta.size <= limits.objectBytes && waiting.accepts(delta);
    checkSize(delta);
    return true;
  };

  return {
    admit: (entry) => {
      if (entry.type === 'delta') return admitDelta(entry);
      if (entry.type !== 'commit' && entry.type !== 'tag') return false;
      checkSize(entry);
      return true;
    },
    take: (entry, data, id) => {
      spend(data.length);
      if (entry.type === 'commit' || entry.type === 'tag') keep(entry.offset, { kind: entry.type, body: data }, id);
      if (entry.type !== 'delta') return;
      const base = find(entry.base);
      if (base === null) waiting.add(entry, copyApart(data));
      else keep(entry.offset, expand(base, data), null);
    },
    result: () => {
      for (const oid of collisions) {
        kept.commit.delete(oid);
        kept.tag.delete(oid);
      }
      return { commits: kept.commit, tags: kept.tag, collisions };
    },
  };
}

const SLAB_BYTES = 64 * 1024;

/**
 * Copies small bodies to where nothing else lies. They come in slices of Node's pool, among others that are thrown away: each
 * would hold back all of its slice's neighbours.
 */
function createSlabs(): (bytes: Buffer) => Buffer {
  let slab: Buffer = Buffer.alloc(0);
  let used = 0;
  return (bytes) => {
    if (bytes.length > bytes.buffer.byteLength / 2) return bytes;
    const start = used + bytes.length > slab.length ? 0 : used;
    if (start === 0) slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, bytes.length));
    used = start + bytes.length;
    slab.set(bytes, start);
    return slab.subarray(start, used);
  };
}
