import { createHash } from 'node:crypto';
import type { ObjectFormat, Oid } from '../model/oid.ts';

export type ObjectType = 'commit' | 'tree' | 'blob' | 'tag';

/** The id that an object's bytes hash to (trust rule 1.1): the only place where ids come from. */
export function computeOid(type: ObjectType, body: Uint8Array, format: ObjectFormat): Oid {
  return createHash(format).update(`${type} ${body.length}\0`).update(body).digest('hex') as Oid;
}
