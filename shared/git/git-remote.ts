import type { BranchLimits } from '../model/limits.ts';
import type { ObjectFormat, Oid } from '../model/oid.ts';

/** A repository on a server, in whatever version of the protocol it speaks. */
export interface GitRemote {
  readonly format: ObjectFormat;
  /** Whether the refs are those of the time when it was opened: they came with the capabilities. */
  readonly isSnapshot: boolean;
  /**
   * Hands out each ref whose name starts with one of the prefixes, and perhaps others, its name with one character a byte.
   * @returns how many there are
   * @throws TransportError where the listing is not complete: absence from such a one proves nothing (trust rule 4.4)
   */
  listRefs(prefixes: readonly string[], signal: AbortSignal, take: TakeRef): Promise<number>;
  /** @throws TransportError */
  fetch<Sent>(request: PackRequest<Sent>, signal: AbortSignal): Promise<FetchReply<Sent>>;
}

export type TakeRef = (name: string, oid: Oid) => void;

/**
 * What a server leaves out where it can filter, but for what is wanted itself (git-rev-list, `--filter`): all but commits and
 * tags, or file contents.
 */
export type ObjectFilter = 'tree:0' | 'blob:none';

/** @typeParam Sent - what is read from the pack */
export interface PackRequest<Sent> {
  readonly wants: readonly Oid[];
  /** The commit that we have. */
  readonly have: Oid | null;
  /** Whether the pack is to come whatever the server knows of `have`. */
  readonly done: boolean;
  /** Nothing of the wanted commits' histories, where the server can leave these out. */
  readonly tipsOnly: boolean;
  /** Null asks for all objects. */
  readonly filter: ObjectFilter | null;
  readonly limits: Pick<BranchLimits, 'packBytes'>;
  /** Takes the pack as it arrives. */
  readonly openPack: () => PackSink<Sent>;
}

export interface PackSink<Sent> {
  /** @throws TransportError */
  push(chunk: Uint8Array): Promise<void> | undefined;
  /** @throws TransportError */
  finish(): Promise<Sent>;
}

/** What a server answers to a request for a pack. */
export type FetchReply<Sent> =
  /** `isShallow`: the server says that it is itself without what is behind some commits. */
  | { readonly kind: 'pack'; readonly sent: Sent; readonly isShallow: boolean }
  /** It will not send a wanted object: gone meanwhile, or never there. */
  | { readonly kind: 'refused-want' }
  /** No pack: whether it said that it knows our commit, that it does not, or neither. */
  | { readonly kind: 'no-pack'; readonly have: 'known' | 'unknown' | 'unsaid' };

/** One list of refs: of a version 0 server, what it advertises. */
export const MAX_LISTING_BYTES = 32 * 1024 * 1024;

/** What pkt-lines, side-bands and progress may add to a pack: a tenth, and a mebibyte. */
export function maxAnswerBytes({ packBytes }: Pick<BranchLimits, 'packBytes'>): number {
  return packBytes * 1.1 + 1024 * 1024;
}
