import type { CommitSource, FetchOutcome } from '../../shared/git/commit-source.ts';
import { fetchFailureOf } from '../../shared/git/transport-error.ts';
import type { BranchLimits } from '../../shared/model/limits.ts';
import { formatOfOid, type Oid } from '../../shared/model/oid.ts';
import { type AttackVector, oidIn } from './attack-vectors.ts';
import { buildPack } from './build-pack.ts';
import { createMemoryForge, type MemoryForge } from './memory-forge.ts';
import { readPack } from './read-pack.ts';

/** A server of a vector's commits, with its tricks. */
export interface VectorServer {
  readonly forge: MemoryForge;
  source(limits: BranchLimits): CommitSource;
}

/**
 * What it sends goes through a pack, so that every id comes from the bytes (trust rule 1.1) and every bound of the transport
 * counts (4.7).
 */
export function createVectorServer(vector: AttackVector): VectorServer {
  const { withholds = [], sends = [], insists = false, swaps = {}, collides = [] } = vector.server;
  const forge = createMemoryForge();
  for (const { oid, raw } of vector.commits.values()) forge.commits.set(oid, raw);
  for (const name of withholds) forge.withheld.add(oidIn(vector, name));
  const swapped = new Map(Object.entries(swaps).map(([name, by]) => [oidIn(vector, name), oidIn(vector, by)]));
  const besides = sends.map((name) => oidIn(vector, name));
  const colliding = new Set(collides.map((name) => oidIn(vector, name)));

  const deliver = async (
    sent: ReadonlyMap<Oid, Uint8Array>,
    limits: BranchLimits,
    format: 'sha1' | 'sha256',
  ): Promise<FetchOutcome> => {
    const ids = [...new Set([...sent.keys(), ...besides])].map((id) => swapped.get(id) ?? id);
    const parts = ids.flatMap((id) => {
      const body = forge.commits.get(id);
      return body === undefined ? [] : [{ type: 'commit', body } as const];
    });
    const read = await readPack(buildPack(parts, format), { format, limits });
    const commits = new Map([...read.commits].filter(([id]) => !colliding.has(id)));
    const found = [...read.commits.keys()].filter((id) => colliding.has(id));
    return { kind: 'commits', commits, collisions: new Set([...read.collisions, ...found]) };
  };

  const source = (limits: BranchLimits): CommitSource => {
    const honest = forge.source();
    return {
      readTip: honest.readTip,
      fetchCommits: async (request) => {
        const found = await honest.fetchCommits(request);
        const isPathless = found.kind === 'no-common-path' && insists;
        const sent = isPathless ? await honest.fetchCommits({ ...request, have: null }) : found;
        if (sent.kind !== 'commits') return sent;
        try {
          return await deliver(sent.commits, limits, formatOfOid(request.want));
        } catch (error) {
          return fetchFailureOf(error);
        }
      },
    };
  };
  return { forge, source };
}
