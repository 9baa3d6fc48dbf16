import { Buffer } from 'node:buffer';
import { type ObjectFormat, type Oid, oidBytes } from '../model/oid.ts';

export type TreeEntryType = 'file' | 'executable' | 'folder' | 'symlink' | 'submodule';

export interface TreeEntry {
  readonly type: TreeEntryType;
  readonly oid: Oid;
}

/** Entries by name, one character a byte, in git's order. */
export type Tree = ReadonlyMap<string, TreeEntry>;

/** The modes that git writes today (git-fast-import, "filemodify"). */
const TYPES: ReadonlyMap<string, TreeEntryType> = new Map([
  ['100644', 'file'],
  ['100755', 'executable'],
  ['40000', 'folder'],
  ['120000', 'symlink'],
  ['160000', 'submodule'],
]);

const LONGEST_MODE = 6;

/** Names that no tree of a file system can hold, or that lead out of it. */
const UNUSABLE_NAMES: ReadonlySet<string> = new Set(['', '.', '..']);

/**
 * Reads a tree strictly from its raw bytes: `<mode> <name> NUL <binary id>` for each entry, as git sorts them, no name twice. What
 * can be read in two ways would be one file here and another elsewhere.
 * @returns null where any of it is otherwise
 */
export function parseTree(raw: Uint8Array, format: ObjectFormat): Tree | null {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.length);
  const tree = new Map<string, TreeEntry>();
  const idBytes = oidBytes(format);
  let previous = '';
  for (let start = 0; start < bytes.length; ) {
    const space = bytes.subarray(start, start + LONGEST_MODE + 1).indexOf(0x20);
    const type = TYPES.get(bytes.toString('latin1', start, start + Math.max(space, 0)));
    const nul = bytes.indexOf(0, start);
    const end = nul + 1 + idBytes;
    if (type === undefined || nul < 0 || end > bytes.length) return null;
    const name = bytes.toString('latin1', start + space + 1, nul);
    if (UNUSABLE_NAMES.has(name) || name.includes('/') || tree.has(name)) return null;
    // Folders sort as if their names ended with a slash.
    const key = type === 'folder' ? `${name}/` : name;
    if (key <= previous) return null;
    tree.set(name, { type, oid: bytes.toString('hex', nul + 1, end) as Oid });
    previous = key;
    start = end;
  }
  return tree;
}
