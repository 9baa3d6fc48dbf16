import type { CommitVisitor } from '../../shared/git/commit-batch.ts';
import type { CommitSource, FetchRequest, SentCommits } from '../../shared/git/commit-source.ts';
import { askGit } from '../../shared/git/git-process.ts';
import type { LocalSource } from '../../shared/git/local-source.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import type { BranchLimits } from '../../shared/model/limits.ts';
import type { Oid } from '../../shared/model/oid.ts';
import type { Settings } from '../command-context.ts';
import { openSource } from './open-source.ts';

/** A repository whose commits can be gone over again and again. */
export interface History {
  readonly location: string;
  /** The folder of a repository on this machine; null for a URL. */
  readonly path: string | null;
  /** The URL that commits come from, or that `origin` names; null where there is none. */
  readonly remote: string | null;
  /** @throws HeadlockError `unreachable`, `no_such_branch` */
  findTip(branch: string | null): Promise<{ readonly branch: string; readonly tip: Oid }>;
  /** @returns ids of commits that collide, which are not visited. @throws HeadlockError */
  visit(request: FetchRequest, visitor: CommitVisitor): Promise<ReadonlySet<Oid>>;
}

/** @throws HeadlockError `no_such_path`, or as `createHttpSource` does */
export async function openHistory(location: string, limits: BranchLimits, settings: Settings): Promise<History> {
  const source = await openSource(location, limits, settings);
  const isLocal = isLocalSource(source);
  const ask = async (...args: string[]): Promise<string | null> => {
    const { status, output } = await askGit(location, settings.searchPath, args);
    return status === 0 ? output.trimEnd() : null;
  };
  const head = isLocal ? await ask('symbolic-ref', '--short', 'HEAD') : null;
  return {
    location,
    path: isLocal ? location : null,
    remote: isLocal ? await ask('config', '--get', 'remote.origin.url') : location,
    findTip: async (branch) => {
      const names = branch === null ? [...new Set([head ?? 'main', 'main', 'master'])] : [branch];
      for (const name of names) {
        const found = await source.readTip(name);
        if (found.kind === 'unreachable') throw unreachable(found.message);
        if (found.kind === 'tip') return { branch: name, tip: found.oid };
      }
      const message = `The repository has no branch ${names.join(', no ')}. Name another one with --branch.`;
      throw new HeadlockError('no_such_branch', message, { kind: 'input' });
    },
    visit: isLocal ? (request, visitor) => source.visitCommits(request, visitor) : visitFetched(source),
  };
}

function isLocalSource(source: CommitSource): source is LocalSource {
  return 'visitCommits' in source;
}

/** What came over the network is kept: it is not fetched twice. */
function visitFetched(source: CommitSource): History['visit'] {
  let fetched: SentCommits | null = null;
  return async (request, visitor) => {
    fetched ??= await fetchAll(source, request);
    for (const [oid, raw] of fetched.commits) await visitor(oid, raw);
    return fetched.collisions;
  };
}

async function fetchAll(source: CommitSource, request: FetchRequest): Promise<SentCommits> {
  const outcome = await source.fetchCommits(request);
  switch (outcome.kind) {
    case 'commits':
      return outcome;
    case 'unreachable':
      throw unreachable(outcome.message);
    case 'limit-exceeded':
      throw new HeadlockError('limit_exceeded', `${outcome.message} Start later with --from.`, { kind: 'input' });
    case 'no-common-path': {
      const message = `The branch does not descend from ${request.have}. Give a commit behind it with --from.`;
      throw new HeadlockError('not_behind', message, { kind: 'input' });
    }
  }
}

function unreachable(message: string): HeadlockError<'unreachable'> {
  return new HeadlockError('unreachable', message, { kind: 'upstream', retryable: true });
}
