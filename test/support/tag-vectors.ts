import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { computeOid } from '../../shared/git/object-id.ts';
import { formatOfOid, isOid, type ObjectFormat, type Oid } from '../../shared/model/oid.ts';
import type { RecordedCommit, RecordedFile, SignatoryText } from './attack-vectors.ts';

/** One object as the file of vectors holds it. */
export type RecordedObject = RecordedCommit & { readonly kind: 'tag' | 'commit' };

export interface TagVectorText {
  readonly name: string;
  readonly rule: string | readonly string[];
  readonly made: string;
  readonly policy: {
    readonly verify?: 'tag';
    readonly signatories: readonly SignatoryText[];
    /** Objects by their names here. */
    readonly accepted?: readonly string[];
    readonly denied?: readonly string[];
  };
  readonly objects: Readonly<Record<string, RecordedObject>>;
  /** `v1` where it is not given. */
  readonly tag?: string;
  /** What the tag names, one look after the other; null where it is deleted. */
  readonly names: readonly (string | null)[];
  readonly at?: string;
  /** `trusted at A`, `locked on V: unsigned`, or both where a published tag was moved. */
  readonly expect: string;
}

export interface TagVectorFile {
  readonly files: Readonly<Record<string, RecordedFile>>;
  readonly vectors: readonly TagVectorText[];
}

export interface TagVector extends Omit<TagVectorText, 'rule' | 'tag' | 'at' | 'objects'> {
  readonly rules: readonly string[];
  readonly files: TagVectorFile['files'];
  readonly objects: ReadonlyMap<string, { readonly oid: Oid; readonly kind: 'tag' | 'commit'; readonly raw: Buffer }>;
  readonly tag: string;
  readonly format: ObjectFormat;
  readonly at: Date;
}

const USUAL_TIME = '2025-06-01T00:00:00Z';
export const TAG_REPOSITORY = 'shop';

/** @throws Error where an object's bytes do not hash to its id. */
export function readTagVectors(path: string): readonly TagVector[] {
  const { files, vectors }: TagVectorFile = parse(readFileSync(path, 'utf8'));
  return vectors.map((vector) => {
    const objects = new Map(Object.entries(vector.objects).map(([name, object]) => [name, readObject(name, object)]));
    const [first] = objects.values();
    if (first === undefined) throw new Error(`${vector.name} has no object.`);
    const { tag = 'v1', at = USUAL_TIME } = vector;
    const format = formatOfOid(first.oid);
    return { ...vector, files, rules: [vector.rule].flat(), objects, tag, format, at: new Date(at) };
  });
}

function readObject(name: string, { id, kind, text, base64 }: RecordedObject) {
  if (!isOid(id)) throw new Error(`${name} has no full id.`);
  const raw = base64 === undefined ? Buffer.from(text ?? '') : Buffer.from(base64, 'base64');
  if (computeOid(kind, raw, formatOfOid(id)).oid !== id) throw new Error(`${name} does not hash to its id.`);
  return { oid: id, kind, raw };
}

export function objectIn({ objects, name: vector }: TagVector, name: string): Oid {
  const found = objects.get(name);
  if (found === undefined) throw new Error(`${vector} has no object ${name}.`);
  return found.oid;
}

/** In the words of `expect`. */
export function formatTagOutcome(
  { objects, tag }: TagVector,
  revision: Oid | null,
  lock: { readonly commit: Oid | null; readonly reason: string } | null,
): string {
  const nameOf = (oid: Oid) => [...objects].find(([, object]) => object.oid === oid)?.[0] ?? oid;
  const parts = [
    ...(revision === null ? [] : [`trusted at ${nameOf(revision)}`]),
    ...(lock === null ? [] : [`locked on ${lock.commit === null ? tag : nameOf(lock.commit)}: ${lock.reason}`]),
  ];
  return parts.length === 0 ? 'nothing' : parts.join(', ');
}

/** Writes a real `headlock.yaml` with its key files. @returns its path. */
export async function writeTagPolicy(folder: string, vector: TagVector): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const [name, file] of Object.entries(vector.files))
    await writeFile(join(folder, name), typeof file === 'string' ? file : Buffer.from(file.base64, 'base64'));
  const { verify = 'tag-and-commit', signatories, accepted = [], denied = [] } = vector.policy;
  const entry = (name: string) => ({ commit: objectIn(vector, name), reason: 'A vector' });
  const repository = {
    ...{ name: TAG_REPOSITORY, url: 'https://git.example.com/shop.git', provider: 'generic' },
    tags: [{ pattern: '*', verify }],
    signatories,
    accepted: accepted.map(entry),
    denied: denied.map(entry),
  };
  const path = join(folder, 'headlock.yaml');
  const policy = {
    apiVersion: 'headlock/v1',
    verifier: 'https://headlock.example.com/test',
    repositories: [repository],
  };
  await writeFile(path, stringify(policy));
  return path;
}
