import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { readPolicy } from '../../cli/policy/read-policy.ts';
import type { BranchPolicy, Mode, RepositoryPolicy } from '../../shared/model/policy.ts';
import type { Signatory } from '../../shared/model/signatory.ts';
import { type AttackVector, oidIn, type VectorPolicy } from './attack-vectors.ts';

/** A vector's policy as `headlock apply` would store it. */
export interface VectorTerms {
  readonly policy: RepositoryPolicy;
  readonly signatories: readonly Signatory[];
  readonly branch: BranchPolicy;
}

export const VECTOR_REPOSITORY = 'shop';

/** Writes the key files and a real `headlock.yaml`. @returns its path. */
export async function writeVectorPolicy(
  folder: string,
  vector: AttackVector,
  { mode, policy = vector.policy }: { readonly mode: Mode; readonly policy?: VectorPolicy },
): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const [name, file] of Object.entries(vector.files)) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, typeof file === 'string' ? file : Buffer.from(file.base64, 'base64'));
  }
  const path = join(folder, `headlock-${mode}.yaml`);
  await writeFile(path, stringify(describePolicy(vector, policy, mode)));
  return path;
}

const known = new Map<string, Promise<VectorTerms>>();

/** The policy as every part of Headlock reads it. Vectors of one area that say the same are read once. */
export async function readVectorTerms(
  folder: string,
  vector: AttackVector,
  mode: Mode,
  policy: VectorPolicy = vector.policy,
): Promise<VectorTerms> {
  const id = JSON.stringify([vector.area, vector.branch, describePolicy(vector, policy, 'all'), policy.records]);
  const reading = known.get(id) ?? readTerms(folder, vector, policy);
  known.set(id, reading);
  const terms = await reading;
  return { ...terms, branch: { ...terms.branch, mode } };
}

async function readTerms(folder: string, vector: AttackVector, policy: VectorPolicy): Promise<VectorTerms> {
  const read = await readPolicy(await writeVectorPolicy(folder, vector, { mode: 'all', policy }));
  const own = read.find((each) => each.policy.repository === VECTOR_REPOSITORY);
  const branch = own?.policy.branches.find(({ name }) => name === vector.branch);
  if (own === undefined || branch === undefined) throw new Error('The policy lost its branch.');
  const signatories = own.signatories.map((signatory) => {
    const records = policy.records?.[signatory.name] ?? [];
    return { ...signatory, keys: [...signatory.keys, ...records] };
  });
  return { policy: own.policy, signatories, branch };
}

function describePolicy(vector: AttackVector, policy: VectorPolicy, mode: Mode): object {
  const { branches = {}, signatories, accepted = [], denied = [], compromisedKeys = [], elsewhere } = policy;
  const anchor = oidIn(vector, vector.anchor);
  const rules = Object.entries({ main: {}, ...branches }).map(([name, branch]) => ({ name, mode, anchor, ...branch }));
  const repository = {
    name: VECTOR_REPOSITORY,
    url: 'https://git.example.com/shop.git',
    provider: 'generic',
    branches: rules,
    signatories,
    accepted: accepted.map((entry) => ({ ...entry, commit: oidIn(vector, entry.commit) })),
    denied: denied.map(({ commit, ...entry }) => ({ ...entry, ...(commit && { commit: oidIn(vector, commit) }) })),
    compromisedKeys,
  };
  const other = { ...repository, name: 'elsewhere', url: 'https://git.example.com/elsewhere.git' };
  const repositories = elsewhere === undefined ? [repository] : [repository, { ...other, signatories: elsewhere }];
  return { apiVersion: 'headlock/v1', verifier: 'https://headlock.example.com/test', repositories };
}
