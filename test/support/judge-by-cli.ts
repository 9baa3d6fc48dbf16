import { join } from 'node:path';
import { formatOfOid, type Oid } from '../../shared/model/oid.ts';
import type { Mode } from '../../shared/model/policy.ts';
import { type AttackVector, oidIn } from './attack-vectors.ts';
import { writeBareRepository } from './bare-repository.ts';
import type { HeadlockRun } from './run-headlock.ts';
import { formatOutcome } from './vector-outcome.ts';
import { VECTOR_REPOSITORY, writeVectorPolicy } from './vector-policy.ts';

/** A repository of a vector's commits, and its policy for each mode. */
export interface VectorCheckout {
  readonly path: string;
  readonly policies: ReadonlyMap<Mode, string>;
}

export async function writeVectorCheckout(
  folder: string,
  vector: AttackVector,
  modes: readonly Mode[],
): Promise<VectorCheckout> {
  const { tip, anchor, branch, server } = vector;
  const path = join(folder, 'repository.git');
  const { replaces = {}, grafts = {}, shallow = [] } = server;
  await writeBareRepository(path, {
    format: formatOfOid(oidIn(vector, anchor)),
    commits: storedCommits(vector),
    refs: new Map([
      ...(tip === null ? [] : [[`refs/heads/${branch}`, oidIn(vector, tip)] as const]),
      ...Object.entries(replaces).map(
        ([name, by]) => [`refs/replace/${oidIn(vector, name)}`, oidIn(vector, by)] as const,
      ),
    ]),
    grafts: Object.entries(grafts).map((line) =>
      line
        .flat()
        .map((name) => oidIn(vector, name))
        .join(' '),
    ),
    shallow: shallow.map((name) => oidIn(vector, name)),
  });
  const policies = new Map<Mode, string>();
  for (const mode of modes) policies.set(mode, await writeVectorPolicy(folder, vector, { mode }));
  return { path, policies };
}

/** What `headlock verify` says of it. */
export async function judgeByCli(
  vector: AttackVector,
  mode: Mode,
  { path, policies }: VectorCheckout,
  headlock: (args: readonly string[]) => Promise<HeadlockRun>,
): Promise<string> {
  const { trusted, anchor, branch } = vector;
  const names = ['--repository', VECTOR_REPOSITORY, '--branch', branch];
  const from = trusted === anchor ? [] : ['--from', oidIn(vector, trusted)];
  const policy = policies.get(mode) ?? '';
  const { status, stdout, stderr } = await headlock([
    ...['verify', path, '-f', policy, ...names, ...from],
    ...['--output', 'json'],
  ]);
  if (status === 2 && stdout === '' && stderr !== '') return 'unreachable';
  const found = JSON.parse(stdout);
  const outcome = formatOutcome(vector, found.revision, found.lock);
  if (status !== (found.lock === null ? 0 : 1)) throw new Error(`${outcome}, and it ended with ${status}.`);
  return outcome;
}

function storedCommits(vector: AttackVector): ReadonlyMap<Oid, Uint8Array> {
  const { withholds = [], swaps = {} } = vector.server;
  const stored = new Map<Oid, Uint8Array>();
  for (const [name, { oid, raw }] of vector.commits) {
    if (withholds.includes(name)) continue;
    const by = vector.commits.get(swaps[name] ?? name);
    stored.set(oid, by?.raw ?? raw);
  }
  return stored;
}
