import type { Buffer } from 'node:buffer';
import type { BranchLimits } from '../model/limits.ts';
import type { ObjectFormat, Oid } from '../model/oid.ts';
import { applyDelta } from './apply-delta.ts';
import { computeOid } from './object-id.ts';
import { createWaitingDeltas } from './pack-deltas.ts';
import type { PackEntry } from './pack-entry.ts';
import type { PackObjects } from './pack-objects.ts';
import { limitExceeded, TransportError } from './transport-error.ts';

/** Raw bodies by the ids that they hash to (trust rule 1.1). */
export interface SentFiles {
  readonly trees: ReadonlyMap<Oid, Uint8Array>;
  readonly blobs: ReadonlyMap<Oid, Uint8Array>;
  /** Ids of those that show a SHA-1 collision attack. */
  readonly collisions: ReadonlySet<Oid>;
  /** Whether an object was left out for its size: its id is not known. */
  readonly hasTooLarge: boolean;
}

/** What two answers hold together. */
export function mergeFiles(first: SentFiles, second: SentFiles): SentFiles {
  return {
    trees: first.trees,
    blobs: new Map([...first.blobs, ...second.blobs]),
    collisions: new Set([...first.collisions, ...second.collisions]),
    hasTooLarge: first.hasTooLarge || second.hasTooLarge,
  };
}

interface Body {
  readonly kind: 'tree' | 'blob';
  readonly body: Buffer;
}

/** Keeps trees and blobs, `packBytes` of them in all. One that is larger than `objectBytes` is left out, and keeps no other back. */
export function createPackFiles(
  format: ObjectFormat,
  limits: Pick<BranchLimits, 'packBytes' | 'objectBytes'>,
): PackObjects<SentFiles> {
  const kept = { tree: new Map<Oid, Buffer>(), blob: new Map<Oid, Buffer>() };
  const collisions = new Set<Oid>();
  const bases = new Map<number | Oid, Body>();
  const waiting = createWaitingDeltas();
  let hasTooLarge = false;

  let budget = limits.packBytes;
  const spend = (bytes: number): void => {
    budget -= bytes;
    if (budget < 0) throw limitExceeded('packBytes', 'The trees and files of the pack are too large when inflated');
  };

  const expand = ({ kind, body: base }: Body, delta: Uint8Array): Body | null => {
    try {
      const body = applyDelta(base, delta, limits.objectBytes);
      spend(body.length);
      return { kind, body };
    } catch (error) {
      if (!(error instanceof TransportError) || error.limit !== 'objectBytes') throw error;
      hasTooLarge = true;
      return null;
    }
  };
  /** Keeps an object, and then every delta that waited for it or for one of those. */
  const keep = (offset: number, found: Body | null): void => {
    const work = [{ offset, found }];
    for (let next = work.pop(); next !== undefined; next = work.pop()) {
      const base = next.found;
      if (base === null) continue;
      const { oid, collides } = computeOid(base.kind, base.body, format);
      if (collides) collisions.add(oid);
      kept[base.kind].set(oid, base.body);
      bases.set(next.offset, base).set(oid, base);
      for (const delta of waiting.release(next.offset, oid))
        work.push({ offset: delta.offset, found: expand(base, delta.data) });
    }
  };

  return {
    admit: (entry: PackEntry) => {
      if (entry.type === 'commit' || entry.type === 'tag') return false;
      if (entry.size > limits.objectBytes) {
        hasTooLarge = true;
        return false;
      }
      if (entry.type === 'delta' && !bases.has(entry.base)) return waiting.accepts(entry);
      spend(entry.size);
      return true;
    },
    take: (entry, data) => {
      if (entry.type === 'tree' || entry.type === 'blob') keep(entry.offset, { kind: entry.type, body: data });
      if (entry.type !== 'delta') return;
      const base = bases.get(entry.base);
      if (base === undefined) waiting.add(entry, data);
      else keep(entry.offset, expand(base, data));
    },
    result: () => ({ trees: kept.tree, blobs: kept.blob, collisions, hasTooLarge }),
  };
}
