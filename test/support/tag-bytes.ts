import { computeOid } from '../../shared/git/object-id.ts';
import type { SentTags } from '../../shared/git/tag-source.ts';
import { formatOfOid, type Oid } from '../../shared/model/oid.ts';
import { COMMITTED_AT, identityAt } from './commit-bytes.ts';

/** What a tag object says, each part as it stands there. */
export interface TagParts {
  readonly object: string;
  readonly type?: string;
  readonly tag?: string;
  readonly tagger?: string;
  /** More headers, each ending with a line feed. */
  readonly headers?: string;
  readonly message?: string;
}

/** A tag without a signature: what is signed. */
export function tagPayload(parts: TagParts): Buffer {
  const { object, type = 'commit', tag = 'v1', tagger = identityAt(COMMITTED_AT), headers = '' } = parts;
  const { message = 'A release\n' } = parts;
  return Buffer.from(`object ${object}\ntype ${type}\ntag ${tag}\ntagger ${tagger}\n${headers}\n${message}`);
}

/** What a server sends of these objects, under the ids that their bytes hash to. */
export function sendTags(
  format: 'sha1' | 'sha256',
  tags: readonly Uint8Array[],
  commits: readonly Uint8Array[],
): SentTags {
  const byId = (type: 'tag' | 'commit', all: readonly Uint8Array[]): Map<Oid, Uint8Array> =>
    new Map(all.map((raw) => [computeOid(type, raw, format).oid, raw]));
  return { tags: byId('tag', tags), commits: byId('commit', commits), collisions: new Set() };
}

export function tagOidOf(raw: Uint8Array, commit: Oid): Oid {
  return computeOid('tag', raw, formatOfOid(commit)).oid;
}
