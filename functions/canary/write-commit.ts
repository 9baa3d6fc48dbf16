import { Buffer } from 'node:buffer';
import { computeOid } from '../../shared/git/object-id.ts';
import type { NewObject } from '../../shared/git/receive-pack/encode-pack.ts';
import { formatOfOid, type Oid } from '../../shared/model/oid.ts';
import { type SigningKey, signPayload } from './sign-payload.ts';

export interface CanaryCommit {
  readonly oid: Oid;
  /** The commit, and its empty tree. */
  readonly objects: readonly NewObject[];
}

const EMPTY_TREE: NewObject = { type: 'tree', body: new Uint8Array(0) };
const AUTHOR = 'Headlock canary <canary@headlock.invalid>';

/** A commit without any file on top of `parent`. @param key - signs it; null: nobody does */
export function writeCommit(parent: Oid, subject: string, now: Date, key: SigningKey | null): CanaryCommit {
  const format = formatOfOid(parent);
  const tree = computeOid('tree', EMPTY_TREE.body, format).oid;
  const person = `${AUTHOR} ${Math.floor(now.getTime() / 1000)} +0000`;
  const headers = `tree ${tree}\nparent ${parent}\nauthor ${person}\ncommitter ${person}\n`;
  const message = `\n${subject}\n`;
  const body = Buffer.from(headers + signatureHeader(headers + message, parent, key) + message);
  return { oid: computeOid('commit', body, format).oid, objects: [EMPTY_TREE, { type: 'commit', body }] };
}

/** As git writes it: the lines after the first begin with a space (gitformat-signature). */
function signatureHeader(payload: string, parent: Oid, key: SigningKey | null): string {
  if (key === null) return '';
  const name = formatOfOid(parent) === 'sha1' ? 'gpgsig' : 'gpgsig-sha256';
  return `${name} ${signPayload(Buffer.from(payload), key).replaceAll('\n', '\n ')}\n`;
}
