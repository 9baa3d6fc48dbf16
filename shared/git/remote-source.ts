import { Buffer, isUtf8 } from 'node:buffer';
import { branchOfRefName, refNameOf } from '../model/branch-ref.ts';
import type { BranchLimits } from '../model/limits.ts';
import { formatOfOid, type Oid } from '../model/oid.ts';
import { tagOfRefName } from '../model/tag-ref.ts';
import { type FetchOutcome, type FetchRequest, NOTHING_SENT, type TipOutcome } from './commit-source.ts';
import type { FetchReply } from './git-remote.ts';
import { hasChildOf } from './has-child-of.ts';
import { createPackReader } from './pack-reader.ts';
import type { RefListing, RepositorySource } from './ref-source.ts';
import type { RememberedRemote } from './remembered-remote.ts';
import { mergeTags, type SentTags, type TagListing, type TagsOutcome } from './tag-source.ts';
import { badResponse, fetchFailureOf, unreachableOf } from './transport-error.ts';

const HEADS = 'refs/heads/';
const TAGS = 'refs/tags/';

export interface RemoteSourceOptions {
  readonly remote: RememberedRemote;
  readonly limits: BranchLimits;
  /** Milliseconds that one call may take as a whole. */
  readonly timeoutMs: number;
  /** Ends all calls together. */
  readonly deadline?: AbortSignal | undefined;
}

/** What ends one call. */
export function signalOf({ timeoutMs, deadline }: Pick<RemoteSourceOptions, 'timeoutMs' | 'deadline'>): AbortSignal {
  const timeout = AbortSignal.timeout(timeoutMs);
  return deadline === undefined ? timeout : AbortSignal.any([timeout, deadline]);
}

/** Commits and tags of a repository on a server: these objects only, where the server can filter. */
export function createRemoteSource(options: RemoteSourceOptions): RepositorySource {
  const { remote: remembered, limits } = options;

  const readTip = async (branch: string): Promise<TipOutcome> => {
    const signal = signalOf(options);
    const remote = await remembered.openAnew(signal);
    const { format } = remote;
    const name = refNameOf(branch);
    const wanted = Buffer.from(name).toString('latin1');
    /** Finds the ref by its exact name: a prefix also lists others. */
    const find = async (prefix: string): Promise<{ readonly oid: Oid | null; readonly count: number }> => {
      const found: Oid[] = [];
      const count = await remote.listRefs([prefix], signal, (listed, oid) => {
        if (listed === wanted && found.push(oid) > 1) throw badResponse('it lists the same ref twice');
      });
      return { oid: found[0] ?? null, count };
    };

    const narrow = await find(wanted);
    if (narrow.oid !== null) return { kind: 'tip', oid: narrow.oid, format };
    // Trust rule 4.4: an empty listing, as a broken or refusing server may give, is no proof; one of other branches is.
    const wide = await find(HEADS);
    if (wide.oid !== null) return { kind: 'tip', oid: wide.oid, format };
    if (wide.count === 0) throw badResponse('it lists no branch at all');
    return { kind: 'gone' };
  };

  const fetchCommits = async (request: FetchRequest): Promise<FetchOutcome> => {
    const { want, have } = request;
    if (want === have) return NOTHING_SENT;
    const signal = signalOf(options);
    const remote = await remembered.open(signal);
    const format = formatOfOid(want);
    if (format !== remote.format) throw badResponse(`its object ids are not ${format}`);
    const openPack = () => createPackReader(format, limits);
    const ask = (done: boolean): Promise<FetchReply<SentTags>> =>
      remote.fetch({ wants: [want], have, done, tipsOnly: false, filter: 'tree:0', limits, openPack }, signal);

    const first = await ask(have === null);
    // Trust rule 4.2: ancestry decides, not dates. git ends its own search for `have` at a commit dated before it, so a
    // server that knows `have` and sends no pack may yet have a path to it: ask for the pack, and look.
    const doubted = first.kind === 'no-pack' && first.have !== 'unknown' && have !== null;
    const reply = doubted ? await ask(true) : first;
    if (reply.kind === 'refused-want') return NOTHING_SENT;
    if (reply.kind === 'no-pack') {
      if (doubted || have === null) throw badResponse('it sends no pack and does not say why');
      return { kind: 'no-common-path', haveKnown: false };
    }
    const { commits, collisions } = reply.sent;
    // What was left out may be what leads to `have`.
    if (have === null || collisions.size > 0) return { kind: 'commits', commits, collisions };
    // An empty pack says that all of `want` lies behind `have`: git sends one where `want` is a parent of `have`. Behind the
    // boundary of a shallow server there may be a path (trust rule 1.5).
    const isCut = doubted && first.have === 'known' && !hasChildOf(have, commits);
    const isPathless = commits.size === 0 || (isCut && !reply.isShallow);
    return isPathless ? { kind: 'no-common-path', haveKnown: true } : { kind: 'commits', commits, collisions };
  };

  const listTags = async (): Promise<TagListing> => {
    const signal = signalOf(options);
    const remote = await remembered.openAnew(signal);
    const tags = new Map<string, Oid>();
    const count = await remote.listRefs([TAGS], signal, (listed, oid) =>
      addOnce(tags, nameOf(listed, tagOfRefName), oid),
    );
    // Trust rule 4.4: that all tags are gone is proven by a listing of branches, not by an empty one.
    if (count === 0 && (await remote.listRefs([HEADS], signal, () => {})) === 0)
      throw badResponse('it lists no branch and no tag at all');
    return { kind: 'tags', tags };
  };

  const listRefs = async ({ withTags }: { readonly withTags: boolean }): Promise<RefListing> => {
    const signal = signalOf(options);
    const remote = await remembered.openAnew(signal);
    const branches = new Map<string, Oid>();
    const tags = new Map<string, Oid>();
    let hasBranches = false;
    await remote.listRefs(withTags ? [HEADS, TAGS] : [HEADS], signal, (listed, oid) => {
      hasBranches ||= listed.startsWith(HEADS);
      addOnce(branches, nameOf(listed, branchOfRefName), oid);
      if (withTags) addOnce(tags, nameOf(listed, tagOfRefName), oid);
    });
    // Trust rule 4.4, as for a tip.
    if (!hasBranches) throw badResponse('it lists no branch at all');
    return { kind: 'refs', branches, tags };
  };

  const fetchTags = async (objects: readonly Oid[]): Promise<TagsOutcome> => {
    const signal = signalOf(options);
    const remote = await remembered.open(signal);
    const openPack = () => createPackReader(remote.format, limits);
    const fetch = async (wants: readonly Oid[]): Promise<readonly SentTags[]> => {
      const reply = await remote.fetch(
        { wants, have: null, done: true, tipsOnly: true, filter: 'tree:0', limits, openPack },
        signal,
      );
      if (reply.kind === 'pack') return [reply.sent];
      if (reply.kind === 'no-pack') throw badResponse('it sends no pack and does not say why');
      // One object that is gone must not keep all others back.
      const half = wants.length >> 1;
      return half === 0 ? [] : [...(await fetch(wants.slice(0, half))), ...(await fetch(wants.slice(half)))];
    };
    return { kind: 'objects', ...mergeTags(await fetch(objects)) };
  };

  return {
    readTip: (branch) => readTip(branch).catch(remembered.forgetAfter).catch(unreachableOf),
    fetchCommits: (request) => fetchCommits(request).catch(remembered.forgetAfter).catch(fetchFailureOf),
    listRefs: (wanted) => listRefs(wanted).catch(remembered.forgetAfter).catch(unreachableOf),
    listTags: () => listTags().catch(remembered.forgetAfter).catch(unreachableOf),
    fetchTags: (objects) => fetchTags(objects).catch(remembered.forgetAfter).catch(fetchFailureOf),
  };
}

/** Null for what is none of the kind, or has a name that nobody can write down. */
function nameOf(listed: string, read: (refName: string) => string | null): string | null {
  const name = Buffer.from(listed, 'latin1');
  return isUtf8(name) ? read(name.toString()) : null;
}

/** @throws TransportError where the name is there already */
function addOnce(refs: Map<string, Oid>, name: string | null, oid: Oid): void {
  if (name === null) return;
  if (refs.has(name)) throw badResponse('it lists the same ref twice');
  refs.set(name, oid);
}
