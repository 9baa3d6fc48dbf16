import type { Buffer } from 'node:buffer';
import type { BranchLimits } from '../model/limits.ts';
import type { ObjectFormat, Oid } from '../model/oid.ts';
import { applyDelta } from './apply-delta.ts';
import type { SentCommits } from './commit-source.ts';
import { computeOid } from './object-id.ts';
import { type PackEntry, readPackEntries } from './pack-entries.ts';
import { createParentBudget } from './parent-budget.ts';
import type { SentTags } from './tag-source.ts';
import { limitExceeded } from './transport-error.ts';

export type PackLimits = Pick<BranchLimits, 'commits' | 'packBytes' | 'objectBytes' | 'parents'>;

/** A server that cannot filter sends trees and blobs along with each commit. */
const MAX_OBJECTS_A_COMMIT = 20;

/** The objects of a pack may inflate to so many times `packBytes`. */
const MAX_EXPANSION = 4;

type Delta = Extract<PackEntry, { kind: 'delta' }>;

/** A commit or a tag. A delta makes an object of its base's kind. */
interface Body {
  readonly kind: 'commit' | 'tag';
  readonly body: Buffer;
}

/**
 * Reads the commits and tags of a self-contained pack (gitformat-pack), each under the id that its bytes hash to (trust rule
 * 1.1). Other objects are skipped, as is a delta whose base is neither in this pack; an object that is absent thereby is
 * missing (trust rule 1.5).
 * @throws TransportError `truncated_pack`, `bad_response` or `limit_exceeded`
 */
export function readPack(pack: Buffer, format: ObjectFormat, limits: PackLimits): SentTags {
  const commits = new Map<Oid, Buffer>();
  const tags = new Map<Oid, Buffer>();
  const collisions = new Set<Oid>();
  /** By offset and by id. An object that collides is still what others are built from. */
  const bases = new Map<number | Oid, Body>();
  const waiting = createWaitingRoom();

  let budget = MAX_EXPANSION * limits.packBytes;
  const spend = (bytes: number): void => {
    budget -= bytes;
    if (budget < 0) throw limitExceeded('packBytes', 'The objects of the pack are too large when inflated');
  };

  const countParents = createParentBudget(limits);
  /** Keeps an object, and then every delta that waited for it or for one of those. */
  const keep = (found: Body & { readonly offset: number }): void => {
    const work = [found];
    for (let next = work.pop(); next !== undefined; next = work.pop()) {
      const { offset, kind, body } = next;
      const { oid, collides } = computeOid(kind, body, format);
      if (collides) collisions.add(oid);
      else (kind === 'commit' ? commits : tags).set(oid, body);
      bases.set(offset, next).set(oid, next);
      if (kind === 'commit') countParents(oid, body);
      if (commits.size + tags.size + collisions.size > limits.commits)
        throw limitExceeded('commits', `The pack has more than ${limits.commits} commits`);
      for (const delta of waiting.release(offset, oid)) work.push({ offset: delta.offset, ...expand(next, delta) });
    }
  };
  const expand = ({ kind, body: base }: Body, delta: Delta): Body => {
    const body = applyDelta(base, delta.data, limits.objectBytes);
    spend(body.length);
    return { kind, body };
  };

  const entryLimits = { objects: MAX_OBJECTS_A_COMMIT * limits.commits, objectBytes: limits.objectBytes };
  for (const entry of readPackEntries(pack, format, entryLimits)) {
    spend(entry.data.length);
    const { kind, offset } = entry;
    if (kind === 'commit' || kind === 'tag') keep({ offset, kind, body: entry.data });
    if (kind !== 'delta') continue;
    const base = bases.get(entry.base);
    if (base !== undefined) keep({ offset, ...expand(base, entry) });
    else waiting.admit(entry);
  }
  for (const oid of collisions) {
    commits.delete(oid);
    tags.delete(oid);
  }
  return { commits, tags, collisions };
}

/** The commits of a pack alone. */
export function readPackCommits(pack: Buffer, format: ObjectFormat, limits: PackLimits): SentCommits {
  const { commits, collisions } = readPack(pack, format, limits);
  return { commits, collisions };
}

/** Deltas whose base may still come: an id's base lies anywhere in the pack, an offset's base may itself be waiting. */
function createWaitingRoom() {
  const byBase = new Map<number | Oid, Delta[]>();
  const offsets = new Set<number>();
  return {
    admit: (delta: Delta): void => {
      // An offset points backwards: what is neither kept nor waiting there is another kind of object.
      if (typeof delta.base === 'number' && !offsets.has(delta.base)) return;
      offsets.add(delta.offset);
      const others = byBase.get(delta.base);
      if (others === undefined) byBase.set(delta.base, [delta]);
      else others.push(delta);
    },
    release: (offset: number, oid: Oid): readonly Delta[] => {
      const released = [...(byBase.get(offset) ?? []), ...(byBase.get(oid) ?? [])];
      byBase.delete(offset);
      byBase.delete(oid);
      return released;
    },
  };
}
