import type { CommitSource } from '../../shared/git/commit-source.ts';
import { computeOid } from '../../shared/git/object-id.ts';
import { readCommitNode } from '../../shared/git/parse-commit.ts';
import type { UnreachableCause } from '../../shared/model/branch-state.ts';
import { formatOfOid, type ObjectFormat, type Oid } from '../../shared/model/oid.ts';
import { forgeSshSignature, type SshForgingKey } from './forge-ssh.ts';

export interface CommitDraft {
  readonly parents?: readonly Oid[];
  readonly key?: SshForgingKey | null;
  /** Author and committer date in seconds since 1970. */
  readonly seconds?: number;
  readonly format?: ObjectFormat;
  /** The empty tree where it is not given. */
  readonly tree?: Oid;
}

/** A git server in memory: branches, and real commits by id. */
export interface MemoryForge {
  readonly branches: Map<string, Oid>;
  readonly commits: Map<Oid, Buffer>;
  /** Commits that it keeps to itself. */
  readonly withheld: Set<Oid>;
  /** Why it does not answer; null where it does. */
  fault: UnreachableCause | null;
  commit(message: string, draft?: CommitDraft): Oid;
  /** Takes a body as it is, however malformed. */
  add(raw: string, format?: ObjectFormat): Oid;
  source(): CommitSource;
}

const FIRST_COMMIT = Date.UTC(2026, 0, 1) / 1000;

export function createMemoryForge(): MemoryForge {
  const commits = new Map<Oid, Buffer>();
  const add = (raw: string, format: ObjectFormat = 'sha1'): Oid => {
    const body = Buffer.from(raw);
    const { oid } = computeOid('commit', body, format);
    commits.set(oid, body);
    return oid;
  };
  const forge: MemoryForge = {
    branches: new Map(),
    commits,
    withheld: new Set(),
    fault: null,
    add,
    commit: (message, draft = {}) => add(writeCommit(message, draft), draft.format),
    source: () => createSource(forge),
  };
  return forge;
}

function writeCommit(message: string, draft: CommitDraft): string {
  const { parents = [], key = null, seconds = FIRST_COMMIT, format = 'sha1' } = draft;
  const tree = draft.tree ?? computeOidOfEmptyTree(format);
  const identity = `Alice <alice@example.com> ${seconds} +0000`;
  const head = [
    `tree ${tree}`,
    ...parents.map((parent) => `parent ${parent}`),
    `author ${identity}`,
    `committer ${identity}`,
    '',
  ].join('\n');
  const text = `\n${message}\n`;
  if (key === null) return head + text;
  const armor = forgeSshSignature(key, head + text)
    .toString()
    .trimEnd();
  return `${head}${format === 'sha1' ? 'gpgsig' : 'gpgsig-sha256'} ${armor.replaceAll('\n', '\n ')}\n${text}`;
}

function computeOidOfEmptyTree(format: ObjectFormat): Oid {
  return computeOid('tree', Buffer.alloc(0), format).oid;
}

function createSource(forge: MemoryForge): CommitSource {
  const unreachable = (cause: UnreachableCause) => ({
    kind: 'unreachable' as const,
    cause,
    message: `It is ${cause}.`,
  });
  const reach = (from: Oid) => reachableCommits(from, forge.commits);
  return {
    readTip: async (branch) => {
      if (forge.fault !== null) return unreachable(forge.fault);
      const oid = forge.branches.get(branch);
      return oid === undefined ? { kind: 'gone' } : { kind: 'tip', oid, format: formatOfOid(oid) };
    },
    fetchCommits: async ({ want, have }) => {
      if (forge.fault !== null) return unreachable(forge.fault);
      const wanted = reach(want);
      if (have !== null && !forge.commits.has(have)) return { kind: 'no-common-path', haveKnown: false };
      if (have !== null && !wanted.has(have)) return { kind: 'no-common-path', haveKnown: true };
      const had = have === null ? new Set<Oid>() : reach(have);
      const sent = [...forge.commits].filter(([oid]) => wanted.has(oid) && !had.has(oid) && !forge.withheld.has(oid));
      return { kind: 'commits', commits: new Map(sent), collisions: new Set() };
    },
  };
}

/** Every commit that is there and can be reached, by the parents that its bytes name. */
export function reachableCommits(from: Oid, commits: ReadonlyMap<Oid, Uint8Array>): Set<Oid> {
  const reached = new Set<Oid>(commits.has(from) ? [from] : []);
  for (const id of reached) {
    for (const parent of parentsOf(id, commits)) if (commits.has(parent)) reached.add(parent);
  }
  return reached;
}

export function parentsOf(oid: Oid, commits: ReadonlyMap<Oid, Uint8Array>): readonly Oid[] {
  const raw = commits.get(oid);
  return raw === undefined ? [] : (readCommitNode(oid, raw)?.parents ?? []);
}
