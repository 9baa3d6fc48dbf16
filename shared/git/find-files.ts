import { Buffer, isUtf8 } from 'node:buffer';
import type { ObjectFormat, Oid } from '../model/oid.ts';
import type { FileOutcome, PathFilter, UnprovenPath } from './file-source.ts';
import type { SentFiles } from './pack-files.ts';
import { parseTree, type Tree, type TreeEntry } from './parse-tree.ts';

/** What stands at a path: a file whose content is to be looked up, or all that can be told. */
export type FoundPath =
  | { readonly kind: 'blob'; readonly oid: Oid; readonly isExecutable: boolean }
  | Exclude<FileOutcome, { kind: 'file' }>;

/** Reads one tree among those that were sent. */
export type ReadTree = (oid: Oid) => Tree | UnprovenPath;

/** Entries that are read, and that a filter is shown: a few trees that name each other again and again make any number. */
const MAX_ENTRIES = 200_000;

/** As Linux has it. */
const MAX_PATH_BYTES = 4096;

/** Trees by the ids that their bytes hash to (trust rule 1.1), each parsed once. */
export function createTreeReader(sent: SentFiles, format: ObjectFormat): ReadTree {
  const known = new Map<Oid, Tree | UnprovenPath>();
  let entries = 0;
  const read: ReadTree = (oid) => {
    const raw = sent.trees.get(oid);
    if (raw === undefined || sent.collisions.has(oid)) return unproven(oid, sent);
    const tree = parseTree(raw, format);
    if (tree === null) return { kind: 'unproven', reason: 'malformed_tree', oid };
    entries += tree.size;
    return entries > MAX_ENTRIES ? { kind: 'unproven', reason: 'limit_exceeded', oid } : tree;
  };
  return (oid) => {
    const tree = known.get(oid) ?? read(oid);
    known.set(oid, tree);
    return tree;
  };
}

/** Why an object cannot be used that a proven one names. */
function unproven(oid: Oid, { collisions, hasTooLarge }: SentFiles): UnprovenPath {
  if (collisions.has(oid)) return { kind: 'unproven', reason: 'sha1_collision', oid };
  // What was too large was not hashed: it may have been this one.
  return { kind: 'unproven', reason: hasTooLarge ? 'limit_exceeded' : 'missing_object', oid };
}

/** Follows a path from the root, name by name. */
export function findPath(path: string, root: Oid, read: ReadTree): FoundPath {
  let folder = root;
  const names = Buffer.from(path).toString('latin1').split('/');
  const last = names.pop();
  for (const name of names) {
    const tree = read(folder);
    if ('kind' in tree) return tree;
    const entry = tree.get(name);
    if (entry?.type !== 'folder') {
      const found = foundBy(entry);
      return found.kind === 'blob' ? { kind: 'absent' } : found;
    }
    folder = entry.oid;
  }
  const tree = read(folder);
  return 'kind' in tree ? tree : foundBy(tree.get(String(last)));
}

/** The paths that a filter takes, with what stands there; nothing where a tree on the way cannot be read. */
export function selectPaths(
  filter: PathFilter,
  root: Oid,
  read: ReadTree,
): ReadonlyMap<string, FoundPath> | UnprovenPath {
  const selected = new Map<string, FoundPath>();
  const folders = [{ prefix: '', oid: root }];
  let entries = 0;
  for (const { prefix, oid } of folders) {
    const tree = read(oid);
    if ('kind' in tree) return tree;
    entries += tree.size;
    if (entries > MAX_ENTRIES) return { kind: 'unproven', reason: 'limit_exceeded', oid };
    for (const [name, entry] of tree) {
      const bytes = Buffer.from(prefix + name, 'latin1');
      if (bytes.length > MAX_PATH_BYTES) return { kind: 'unproven', reason: 'limit_exceeded', oid };
      if (entry.type === 'folder') folders.push({ prefix: `${prefix}${name}/`, oid: entry.oid });
      else if (isUtf8(bytes) && filter(bytes.toString())) selected.set(bytes.toString(), foundBy(entry));
    }
  }
  return selected;
}

/** Looks up the contents of the files that were found. */
export function pickFiles(found: ReadonlyMap<string, FoundPath>, sent: SentFiles): ReadonlyMap<string, FileOutcome> {
  return new Map(
    [...found].map(([path, each]): [string, FileOutcome] => {
      if (each.kind !== 'blob') return [path, each];
      const { oid, isExecutable } = each;
      const content = sent.blobs.get(oid);
      if (content === undefined || sent.collisions.has(oid)) return [path, unproven(oid, sent)];
      return [path, { kind: 'file', oid, isExecutable, content }];
    }),
  );
}

function foundBy(entry: TreeEntry | undefined): FoundPath {
  if (entry === undefined) return { kind: 'absent' };
  const { type, oid } = entry;
  if (type !== 'file' && type !== 'executable') return { kind: 'not-a-file', type };
  return { kind: 'blob', oid, isExecutable: type === 'executable' };
}
