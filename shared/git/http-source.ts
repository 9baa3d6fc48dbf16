import { Buffer, isUtf8 } from 'node:buffer';
import { refNameOf } from '../model/branch-ref.ts';
import type { BranchLimits } from '../model/limits.ts';
import { formatOfOid, type Oid } from '../model/oid.ts';
import { parseRemoteUrl } from '../model/remote-url.ts';
import { tagOfRefName } from '../model/tag-ref.ts';
import {
  type CommitSource,
  type FetchOutcome,
  type FetchRequest,
  NOTHING_SENT,
  type TipOutcome,
} from './commit-source.ts';
import { hasChildOf } from './has-child-of.ts';
import { discoverRemote, type HttpCredentials, type HttpRemote } from './http-remote.ts';
import { readPack, readPackCommits } from './pack.ts';
import { type FetchReply, fetchArguments, fetchTipsArguments, readFetchReply } from './protocol-v2/fetch.ts';
import { findRef, lsRefsArguments, type RefListing, readRefs } from './protocol-v2/ls-refs.ts';
import { mergeTags, type SentTags, type TagListing, type TagSource, type TagsOutcome } from './tag-source.ts';
import { badResponse, fetchFailureOf, unreachableOf } from './transport-error.ts';

export interface HttpSourceOptions {
  /** As `parseRemoteUrl` takes it. */
  readonly url: string;
  readonly credentials: HttpCredentials | null;
  readonly limits: BranchLimits;
  /** Milliseconds that one call may take as a whole. */
  readonly timeoutMs: number;
  /** Printable ASCII without spaces: `headlock/0.1.0`. */
  readonly userAgent: string;
}

const MAX_LISTING_BYTES = 32 * 1024 * 1024;

/** What pkt-lines, side-bands and progress may add to a pack: a tenth, and a mebibyte. */
const maxAnswerBytes = (packBytes: number): number => packBytes * 1.1 + 1024 * 1024;

/**
 * Commits of a repository over smart HTTP, protocol v2: commits only, where the server can filter. What the server
 * offers is asked once in the life of the source.
 * @throws HeadlockError where the URL cannot be used
 */
export function createHttpSource(options: HttpSourceOptions): CommitSource & TagSource {
  const { credentials, limits, timeoutMs, userAgent } = options;
  const url = parseRemoteUrl(options.url);
  let known: HttpRemote | null = null;

  const discover = async (signal: AbortSignal): Promise<HttpRemote> => {
    known ??= await discoverRemote({ url, credentials, userAgent }, signal);
    return known;
  };

  const readTip = async (branch: string): Promise<TipOutcome> => {
    const signal = AbortSignal.timeout(timeoutMs);
    const remote = await discover(signal);
    const format = remote.capabilities.objectFormat;
    const name = refNameOf(branch);
    const list = (prefix: string): Promise<RefListing> => {
      const command = { name: 'ls-refs', args: lsRefsArguments(prefix), maxBytes: MAX_LISTING_BYTES, signal } as const;
      return remote.run(command, (packets) => findRef(packets, name, format));
    };

    const narrow = await list(name);
    if (narrow.oid !== null) return { kind: 'tip', oid: narrow.oid, format };
    // Trust rule 4.4: an empty listing, as a broken or refusing server may give, is no proof; one of other branches is.
    const wide = await list('refs/heads/');
    if (wide.oid !== null) return { kind: 'tip', oid: wide.oid, format };
    if (wide.count === 0) throw badResponse('it lists no branch at all');
    return { kind: 'gone' };
  };

  const fetchCommits = async (request: FetchRequest): Promise<FetchOutcome> => {
    if (request.want === request.have) return NOTHING_SENT;
    const signal = AbortSignal.timeout(timeoutMs);
    const remote = await discover(signal);
    const format = formatOfOid(request.want);
    if (format !== remote.capabilities.objectFormat) throw badResponse(`its object ids are not ${format}`);
    const ask = (done: boolean): Promise<FetchReply> => {
      const args = fetchArguments(request, remote.capabilities, done);
      const command = { name: 'fetch', args, maxBytes: maxAnswerBytes(limits.packBytes), signal } as const;
      return remote.run(command, (packets) => readFetchReply(packets, request.have, limits));
    };

    const first = await ask(request.have === null);
    // Trust rule 4.2: ancestry decides, not dates. git ends its own search for `have` at a commit dated before it, so a
    // server that knows `have` and sends no pack may yet have a path to it: ask for the pack, and look.
    const doubted = first.kind === 'no-pack' && first.have !== 'unknown' && request.have !== null;
    const reply = doubted ? await ask(true) : first;
    if (reply.kind === 'refused-want') return NOTHING_SENT;
    if (reply.kind === 'no-pack') {
      if (doubted || request.have === null) throw badResponse('it sends no pack and does not say why');
      return { kind: 'no-common-path', haveKnown: false };
    }
    const sent = readPackCommits(reply.pack, format, limits);
    // What was left out may be what leads to `have`.
    if (request.have === null || sent.collisions.size > 0) return { kind: 'commits', ...sent };
    const { commits } = sent;
    // An empty pack says that all of `want` lies behind `have`: git sends one where `want` is a parent of `have`.
    const isPathless = commits.size === 0 || (doubted && first.have === 'known' && !hasChildOf(request.have, commits));
    return isPathless ? { kind: 'no-common-path', haveKnown: true } : { kind: 'commits', ...sent };
  };

  const listTags = async (): Promise<TagListing> => {
    const signal = AbortSignal.timeout(timeoutMs);
    const remote = await discover(signal);
    const tags = new Map<string, Oid>();
    const list = (prefix: string): Promise<number> => {
      const command = { name: 'ls-refs', args: lsRefsArguments(prefix), maxBytes: MAX_LISTING_BYTES, signal } as const;
      return remote.run(command, (packets) =>
        readRefs(packets, remote.capabilities.objectFormat, (listed, oid) => {
          const tag = tagOf(listed);
          if (tag === null) return;
          if (tags.has(tag)) throw badResponse('it lists the same ref twice');
          tags.set(tag, oid);
        }),
      );
    };
    const count = await list('refs/tags/');
    // Trust rule 4.4: that all tags are gone is proven by a listing of branches, not by an empty one.
    if (count === 0 && (await list('refs/heads/')) === 0) throw badResponse('it lists no branch and no tag at all');
    return { kind: 'tags', tags };
  };

  const fetchTags = async (objects: readonly Oid[]): Promise<TagsOutcome> => {
    const signal = AbortSignal.timeout(timeoutMs);
    const remote = await discover(signal);
    const format = remote.capabilities.objectFormat;
    const fetch = async (wants: readonly Oid[]): Promise<readonly SentTags[]> => {
      const args = fetchTipsArguments(wants, remote.capabilities);
      const command = { name: 'fetch', args, maxBytes: maxAnswerBytes(limits.packBytes), signal } as const;
      const reply = await remote.run(command, (packets) => readFetchReply(packets, null, limits));
      if (reply.kind === 'pack') return [readPack(reply.pack, format, limits)];
      if (reply.kind === 'no-pack') throw badResponse('it sends no pack and does not say why');
      // One object that is gone must not keep all others back.
      const half = wants.length >> 1;
      return half === 0 ? [] : [...(await fetch(wants.slice(0, half))), ...(await fetch(wants.slice(half)))];
    };
    return { kind: 'objects', ...mergeTags(await fetch(objects)) };
  };

  return {
    readTip: (branch) => readTip(branch).catch(unreachableOf),
    fetchCommits: (request) => fetchCommits(request).catch(fetchFailureOf),
    listTags: () => listTags().catch(unreachableOf),
    fetchTags: (objects) => fetchTags(objects).catch(fetchFailureOf),
  };
}

/** Null for what is no tag, or has a name that nobody can write down. */
function tagOf(listed: string): string | null {
  const name = Buffer.from(listed, 'latin1');
  return isUtf8(name) ? tagOfRefName(name.toString()) : null;
}
