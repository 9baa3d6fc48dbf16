import type { Commit } from '../model/commit.ts';
import type { Oid } from '../model/oid.ts';
import type { SourceUnreachable } from './commit-source.ts';
import type { TreeEntryType } from './parse-tree.ts';

/** A commit whose raw bytes were proven: all that is read below rests on them (trust rule 1.1). */
export type ProvenCommit = Pick<Commit, 'oid' | 'tree'>;

/** What stands at one path. */
export type FileOutcome =
  | { readonly kind: 'file'; readonly oid: Oid; readonly isExecutable: boolean; readonly content: Uint8Array }
  /** Proven by the complete trees that lead there. */
  | { readonly kind: 'absent' }
  /** Something else stands there, or above it; a link is not followed. */
  | { readonly kind: 'not-a-file'; readonly type: Exclude<TreeEntryType, 'file' | 'executable'> }
  | UnprovenPath;

/** Nothing can be told of what stands there. */
export interface UnprovenPath {
  readonly kind: 'unproven';
  readonly reason: 'missing_object' | 'sha1_collision' | 'malformed_tree' | 'limit_exceeded';
  /** The tree or blob at fault. */
  readonly oid: Oid;
}

/** The read as a whole failed. */
export type FilesFailure =
  /** The server gives out nothing of this commit. */
  | { readonly kind: 'not-served'; readonly message: string }
  | { readonly kind: 'limit-exceeded'; readonly limit: string; readonly message: string }
  | SourceUnreachable;

export type FilesOutcome =
  | { readonly kind: 'files'; readonly files: ReadonlyMap<string, FileOutcome> }
  /** Where paths were to be chosen: not all of them could be seen. */
  | UnprovenPath
  | FilesFailure;

/** Which of all paths are wanted: of files, links and submodules, but for those that are no UTF-8. */
export type PathFilter = (path: string) => boolean;

/** Files of a repository at a commit. */
export interface FileSource {
  /** @param paths - from the root, without a slash at either end; compared byte by byte */
  readFiles(commit: ProvenCommit, paths: readonly string[] | PathFilter): Promise<FilesOutcome>;
}
