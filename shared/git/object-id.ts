import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { ObjectFormat, Oid } from '../model/oid.ts';
import { hashSha1 } from './sha1/hash-sha1.ts';

export type ObjectType = 'commit' | 'tree' | 'blob' | 'tag';

export interface ObjectId {
  readonly oid: Oid;
  /** The bytes are made so that others have this id too: it names nothing. Never so in SHA-256. */
  readonly collides: boolean;
}

/**
 * The id that an object's bytes hash to (trust rule 1.1): the only place where ids come from.
 * @param known what the pack scanner has computed of just these bytes
 */
export function computeOid(
  type: ObjectType,
  body: Uint8Array,
  format: ObjectFormat,
  known: ObjectId | null = null,
): ObjectId {
  if (known !== null) return known;
  const header = Buffer.from(`${type} ${body.length}\0`);
  if (format === 'sha256') {
    const oid = createHash('sha256').update(header).update(body).digest('hex') as Oid;
    return { oid, collides: false };
  }
  const { digest, collides } = hashSha1([header, body]);
  return { oid: Buffer.from(digest.buffer).toString('hex') as Oid, collides };
}
