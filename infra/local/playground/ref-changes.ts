import { type GitCommand, runGit } from './git-command.ts';

/** Objects by full ref name. */
export type Refs = ReadonlyMap<string, string>;

/** A ref that a push made, moved or deleted; where there is no object, git's null id stands. */
export interface RefChange {
  readonly ref: string;
  readonly before: string;
  readonly after: string;
}

export const NULL_OID = '0'.repeat(40);

/** The branches and tags of a repository. */
export async function listRefs(git: GitCommand): Promise<Refs> {
  const lines = await runGit(git, ['for-each-ref', '--format=%(refname) %(objectname)', 'refs/heads', 'refs/tags']);
  return new Map(lines.split('\n').flatMap((line) => (line === '' ? [] : [line.split(' ') as [string, string]])));
}

export function compareRefs(before: Refs, after: Refs): readonly RefChange[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .map((ref) => ({ ref, before: before.get(ref) ?? NULL_OID, after: after.get(ref) ?? NULL_OID }))
    .filter((change) => change.before !== change.after);
}
