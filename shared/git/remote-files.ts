import { formatOfOid, type Oid } from '../model/oid.ts';
import type { FileSource, FilesOutcome, PathFilter, ProvenCommit } from './file-source.ts';
import { createTreeReader, findPath, pickFiles, selectPaths } from './find-files.ts';
import type { ObjectFilter } from './git-remote.ts';
import { createPackFiles, mergeFiles, type SentFiles } from './pack-files.ts';
import { createObjectReader } from './pack-reader.ts';
import { type RemoteSourceOptions, signalOf } from './remote-source.ts';
import { badResponse, fetchFailureOf } from './transport-error.ts';

/** Paths of one call (trust rule 4.7). */
const MAX_PATHS = 1_000;

/**
 * Files of a repository on a server, in two requests: for all trees of the commit, and for the files that are wanted. A server
 * that gives out nothing but what its refs point at is asked for the commit's whole snapshot.
 */
export function createRemoteFiles(options: RemoteSourceOptions): FileSource {
  const { remote: remembered, limits } = options;

  const readFiles = async (commit: ProvenCommit, paths: readonly string[] | PathFilter): Promise<FilesOutcome> => {
    const signal = signalOf(options);
    const format = formatOfOid(commit.oid);
    const remote = await remembered.open(signal);
    if (format !== remote.format) throw badResponse(`its object ids are not ${format}`);
    const openPack = () => createObjectReader(format, limits, createPackFiles(format, limits));
    /** Null where the server does not give out one of these. */
    const fetch = async (wants: readonly Oid[], filter: ObjectFilter | null, tipsOnly: boolean) => {
      const request = { wants, have: null, done: true, tipsOnly, filter, limits, openPack };
      const reply = await remote.fetch(request, signal);
      if (reply.kind === 'no-pack') throw badResponse('it sends no pack and does not say why');
      return reply.kind === 'pack' ? reply.sent : null;
    };
    const find = (sent: SentFiles) => {
      const read = createTreeReader(sent, format);
      const found =
        typeof paths === 'function'
          ? selectPaths(paths, commit.tree, read)
          : new Map(paths.map((path) => [path, findPath(path, commit.tree, read)]));
      return 'kind' in found || found.size <= MAX_PATHS ? found : tooManyPaths(found.size);
    };

    const readParts = async (): Promise<FilesOutcome | null> => {
      const trees = await fetch([commit.tree], 'blob:none', false);
      if (trees === null) return null;
      const found = find(trees);
      if ('kind' in found) return found;
      const wants = new Set([...found.values()].flatMap((each) => (each.kind === 'blob' ? [each.oid] : [])));
      // A server that cannot filter has sent them already.
      for (const oid of wants) if (trees.blobs.has(oid)) wants.delete(oid);
      const blobs = wants.size === 0 ? trees : await fetch([...wants], null, false);
      return blobs === null ? null : { kind: 'files', files: pickFiles(found, mergeFiles(trees, blobs)) };
    };
    const readSnapshot = async (): Promise<FilesOutcome> => {
      const snapshot = await fetch([commit.oid], null, true);
      if (snapshot === null) return notServed(commit.oid);
      const found = find(snapshot);
      return 'kind' in found ? found : { kind: 'files', files: pickFiles(found, snapshot) };
    };
    return (await readParts()) ?? readSnapshot();
  };

  return { readFiles: (commit, paths) => readFiles(commit, paths).catch(remembered.forgetAfter).catch(fetchFailureOf) };
}

function tooManyPaths(count: number): FilesOutcome {
  const message = `${count} paths are wanted, and at most ${MAX_PATHS} are read at once. Name fewer files.`;
  return { kind: 'limit-exceeded', limit: 'paths', message };
}

function notServed(commit: Oid): FilesOutcome {
  const message = `The git server gives out nothing of commit ${commit}: no ref points at it any more, or it is gone. Let the server give out commits by their ids (git: uploadpack.allowReachableSHA1InWant).`;
  return { kind: 'not-served', message };
}
