import { refNameOf } from '../model/branch-ref.ts';
import { type BranchLimits, DEFAULT_BRANCH_LIMITS } from '../model/limits.ts';
import { formatOfOid, isOid, type ObjectFormat, type Oid } from '../model/oid.ts';
import { type CommitVisitor, readCommitBatch, visitCommitBatch } from './commit-batch.ts';
import {
  type CommitSource,
  type FetchOutcome,
  type FetchRequest,
  NOTHING_SENT,
  type SentCommits,
  type TipOutcome,
} from './commit-source.ts';
import { askGit, createShallowError, isShallowClone, startGit } from './git-process.ts';
import { hasChildOf } from './has-child-of.ts';
import { fetchFailureOf, TransportError, unreachableOf } from './transport-error.ts';

export interface LocalSourceOptions {
  readonly limits?: BranchLimits;
  /** Where git is looked for, as in `PATH`. */
  readonly searchPath?: string;
}

export interface LocalSource extends CommitSource {
  /**
   * Reads what `fetchCommits` gives, one commit after the other, and keeps none.
   * @returns the ids of those that collide
   * @throws HeadlockError where the repository cannot be read, or past a limit
   */
  visitCommits(request: FetchRequest, visit: CommitVisitor): Promise<ReadonlySet<Oid>>;
}

/**
 * Commits of a repository on this machine, bare or with a work tree, read by git itself. Trees and blobs are never
 * touched, so a repository that holds commits alone will do.
 */
export function createLocalSource(path: string, options: LocalSourceOptions = {}): LocalSource {
  const { limits = DEFAULT_BRANCH_LIMITS, searchPath = '/usr/local/bin:/usr/bin:/bin' } = options;

  const ask = (args: readonly string[], input?: string) => askGit(path, searchPath, args, input);

  const readTip = async (branch: string): Promise<TipOutcome> => {
    const name = refNameOf(branch);
    const { status, output, complaint } = await ask(['for-each-ref', '--format=%(objectname) %(refname)', name]);
    if (status !== 0) throw noRepository(path, complaint);
    if (complaint !== '') throw damaged(path, complaint); // a ref that git skipped is not gone (trust rule 4.4)
    const [oid = ''] =
      output
        .split('\n')
        .find((line) => line.endsWith(` ${name}`))
        ?.split(' ') ?? [];
    return isOid(oid) ? { kind: 'tip', oid, format: formatOfOid(oid) } : { kind: 'gone' };
  };

  const listCommits = async (oids: readonly Oid[]): Promise<readonly boolean[]> => {
    const { status, output, complaint } = await ask(
      ['cat-file', '--batch-check=%(objectname) %(objecttype)'],
      `${oids.join('\n')}\n`,
    );
    if (status !== 0) throw noRepository(path, complaint);
    const found = output.split('\n');
    return oids.map((oid, index) => found[index] === `${oid} commit`);
  };

  const readRange = async <T>(
    { want, have }: FetchRequest,
    consume: (output: AsyncIterable<Uint8Array>, format: ObjectFormat) => Promise<T>,
  ): Promise<T> => {
    const range = have === null ? [want] : [want, `^${have}`];
    const list = startGit(path, searchPath, [
      'rev-list',
      `--max-count=${limits.commits + 1}`,
      '--end-of-options',
      ...range,
    ]);
    const read = startGit(path, searchPath, ['cat-file', '--batch', '--buffer']);
    try {
      list.stdout.pipe(read.stdin);
      const consumed = await consume(read.stdout, formatOfOid(want));
      for (const { status, complaint } of [await list.ended, await read.ended]) {
        if (status !== 0) throw damaged(path, complaint);
      }
      return consumed;
    } finally {
      list.kill();
      read.kill();
    }
  };

  const noPathTo = async (have: Oid, haveKnown: boolean): Promise<FetchOutcome> => {
    if (await isShallowClone(path, searchPath)) throw createShallowError(path, have);
    return { kind: 'no-common-path', haveKnown };
  };

  const fetchCommits = async (request: FetchRequest): Promise<FetchOutcome> => {
    const { want, have } = request;
    if (want === have) return NOTHING_SENT;
    const [wantKnown, haveKnown] = await listCommits(have === null ? [want] : [want, have]);
    if (wantKnown !== true) return NOTHING_SENT;
    if (have !== null && haveKnown !== true) return noPathTo(have, false);
    const sent: SentCommits = await readRange(request, (output, format) => readCommitBatch(output, format, limits));
    // What was left out may be what leads to `have`.
    const mayReach = have === null || sent.collisions.size > 0 || hasChildOf(have, sent.commits);
    return mayReach ? { kind: 'commits', ...sent } : noPathTo(have, true);
  };

  return {
    readTip: (branch) => readTip(branch).catch(unreachableOf),
    fetchCommits: (request) => fetchCommits(request).catch(fetchFailureOf),
    visitCommits: (request, visit) =>
      readRange(request, (output, format) => visitCommitBatch(output, format, limits, visit)),
  };
}

function noRepository(path: string, complaint: string): TransportError {
  const advice = 'Give the path of a git repository, or of a folder in one.';
  return new TransportError('not_found', `git cannot read a repository at ${path} (${complaint}). ${advice}`);
}

function damaged(path: string, complaint: string): TransportError {
  return new TransportError('bad_response', `The repository at ${path} is damaged (${complaint}). Run git fsck there.`);
}
