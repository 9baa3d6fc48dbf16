import type { BranchLimits } from '../model/limits.ts';
import type { ObjectFormat, Oid } from '../model/oid.ts';
import type { SentCommits } from './commit-source.ts';
import { computeOid } from './object-id.ts';
import { createParentBudget } from './parent-budget.ts';
import { createStreamReader } from './stream-reader.ts';
import { limitExceeded, TransportError } from './transport-error.ts';

const MAX_LINE_BYTES = 128;

type BatchLimits = Pick<BranchLimits, 'commits' | 'packBytes' | 'objectBytes' | 'parents'>;

/** Takes one commit after the other; its bytes are kept by nobody else. The next is read when it is done. */
export type CommitVisitor = (oid: Oid, raw: Uint8Array) => Promise<void> | undefined;

/** All commits of a batch. @throws TransportError as `visitCommitBatch` does */
export async function readCommitBatch(
  output: AsyncIterable<Uint8Array>,
  format: ObjectFormat,
  limits: BatchLimits,
): Promise<SentCommits> {
  const commits = new Map<Oid, Uint8Array>();
  const collisions = await visitCommitBatch(output, format, limits, (oid, raw) => {
    commits.set(oid, raw);
    return undefined;
  });
  return { commits, collisions };
}

/** The same, one after the other. @throws TransportError as `visitObjectBatch` does, and for a tag */
export function visitCommitBatch(
  output: AsyncIterable<Uint8Array>,
  format: ObjectFormat,
  limits: BatchLimits,
  visit: CommitVisitor,
): Promise<ReadonlySet<Oid>> {
  return visitObjectBatch(output, format, limits, (oid, raw, kind) => {
    if (kind !== 'commit') throw mismatch(oid);
    return visit(oid, raw);
  });
}

/**
 * Reads what `git cat-file --batch` prints of commits and tags: `<oid> <kind> <size>`, the body, a line feed.
 * @returns the ids of those that collide, which are not visited
 * @throws TransportError where a body does not hash to its id (trust rule 1.1), or past a limit (trust rule 4.7)
 */
export async function visitObjectBatch(
  output: AsyncIterable<Uint8Array>,
  format: ObjectFormat,
  limits: BatchLimits,
  visit: (oid: Oid, raw: Uint8Array, kind: 'commit' | 'tag') => Promise<void> | undefined,
): Promise<ReadonlySet<Oid>> {
  const reader = createStreamReader(output);
  const collisions = new Set<Oid>();
  const countParents = createParentBudget(limits);
  let count = 0;
  let total = 0;
  for (;;) {
    const line = await reader.readLine(MAX_LINE_BYTES);
    if (line === null) return collisions;
    const [, id = '', type = '', digits = ''] = /^([0-9a-f]+) (commit|tag) (\d{1,15})$/.exec(line) ?? [];
    const kind = type === 'tag' ? 'tag' : 'commit';
    const size = Number(digits);
    total += size;
    if (size > limits.objectBytes)
      throw limitExceeded('objectBytes', `Commit ${id} has more than ${limits.objectBytes} bytes`);
    if (total > limits.packBytes)
      throw limitExceeded('packBytes', `The commits have more than ${limits.packBytes} bytes`);
    if (count === limits.commits) throw limitExceeded('commits', `There are more than ${limits.commits} commits`);

    const body = (await reader.read(size + 1)).subarray(0, size);
    const { oid, collides } = computeOid(kind, body, format);
    if (oid !== id) throw mismatch(id === '' ? line : id);
    count += 1;
    if (kind === 'commit') countParents(oid, body);
    if (collides) {
      collisions.add(oid);
      continue;
    }
    const visiting = visit(oid, body, kind);
    if (visiting !== undefined) await visiting;
  }
}

function mismatch(id: string): TransportError {
  return new TransportError(
    'bad_response',
    `The repository's object ${id} cannot be read as the commit of that id. Run git fsck there.`,
  );
}
