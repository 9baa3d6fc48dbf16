import { formatBranchRef } from '../model/branch-ref.ts';
import { formatClaim } from '../model/claim.ts';
import type { Oid } from '../model/oid.ts';
import type { TagState } from '../model/tag-state.ts';
import type { Refusal, Verdict } from '../model/verdict.ts';
import { absentCommit, type Offence, shortOid } from './offence.ts';

/** Whoever may push names tags: a name that a shell or a chat could act on stands in no command. */
const PLAIN_NAME = /^[A-Za-z0-9][\w./+=,@-]*$/;

/** A tag's name for people, escaped and bounded. Back ticks are ours alone: they show commands. */
export function sayTag(name: string): string {
  return formatClaim(name).replaceAll('`', "'");
}

export function sayTagRef(ref: TagState['ref']): string {
  return sayTag(formatBranchRef(ref));
}

/** A tag's name as part of a command. */
export function writeTag(name: string): string {
  return PLAIN_NAME.test(name) ? name : 'NAME';
}

export function signTag(name: string, commit: Oid | 'COMMIT'): string {
  const tag = writeTag(name);
  return `Sign it: \`git tag --force --sign ${tag} ${commit}\`, then \`git push --force origin refs/tags/${tag}\`. Once a tag is trusted, it is final.`;
}

export function refusedTag(name: string, { commit, reason, message, nextStep, committer }: Verdict & Refusal): Offence {
  return {
    ...{ commit, reason, message: `Tag ${sayTag(name)} (${shortOid(commit)} by ${committer}) ${message}` },
    // That of a commit speaks of its branch.
    nextStep:
      reason === 'denied' ? 'Delete the tag, or change `denied:` of the policy and run `headlock apply`.' : nextStep,
  };
}

/** Trust rules 1.1, 1.5. */
export function absentObject(name: string, object: Oid, collisions: ReadonlySet<Oid>): Offence {
  if (collisions.has(object)) return absentCommit(object, collisions);
  return {
    commit: object,
    reason: 'missing_object',
    message: `Tag ${sayTag(name)} needs ${shortOid(object)}, and the server sends no such commit or tag object.`,
    nextStep:
      'A tag of a tree or of a file cannot be proven: tag a commit. Else run `git fsck` on the server; Headlock tries again every few minutes.',
  };
}

/** Trust rule 4.9. Not even an operator's word for the commit gives it a name. */
export function lightweightTag(name: string, object: Oid): Offence {
  return {
    commit: object,
    reason: 'unsigned',
    message: `Tag ${sayTag(name)} is lightweight: it names ${shortOid(object)}, and carries no signature.`,
    nextStep: signTag(name, object),
  };
}

/** Trust rule 4.9. */
export function malformedTag(name: string, object: Oid, what: string): Offence {
  return {
    commit: object,
    reason: 'malformed_tag',
    message: `Tag ${sayTag(name)} (${shortOid(object)}) cannot be accepted: ${what}`,
    nextStep: `Make it again with \`git tag --force --sign ${writeTag(name)} COMMIT\`, and push it in place of this one.`,
  };
}

/** Trust rule 4.9, `tag-and-commit`. */
export function unprovenCommit(name: string, offence: Offence): Offence {
  return {
    ...offence,
    message: `The commit of tag ${sayTag(name)} is not proven: ${offence.message}`,
    nextStep:
      'Tag a commit that a signatory signed. Where this one is sound, name it under `accepted:`, or write `verify: tag` for the pattern, and run `headlock apply`.',
  };
}

/** Trust rule 4.7. */
export function tooLargeTag(name: string, object: Oid): Offence {
  return {
    commit: object,
    reason: 'limit_exceeded',
    message: `Tag ${sayTag(name)} (${shortOid(object)}) or its commit is too large to be read.`,
    nextStep: `Make it again with a shorter message, and push it in place of this one.`,
  };
}

/** Trust rule 4.9: the first verified object is final. */
export function movedTag(state: TagState, object: Oid): Offence {
  const { restore, unlock } = waysOut(state);
  return {
    commit: object,
    reason: 'tag_moved',
    message: `${sayTagRef(state.ref)} names ${shortOid(object)} now; it is final at ${shortOid(state.object ?? object)}.`,
    nextStep: `Find out who moved it. Restore it with \`${restore}\`, or accept the other object with \`${unlock} --to ${object} --reason "why"\`.`,
  };
}

/** Trust rule 4.9, from a complete listing alone (4.4). */
export function deletedTag(state: TagState): Offence {
  const { restore, unlock } = waysOut(state);
  return {
    commit: null,
    reason: 'tag_moved',
    message: `The forge no longer lists ${sayTagRef(state.ref)}.`,
    nextStep: `Restore it with \`${restore}\`, or stop publishing it with \`${unlock} --clear --reason "why"\`.`,
  };
}

/** Trust rule 4.7. */
export function tooManyTags(matching: number, max: number): Offence {
  return {
    commit: null,
    reason: 'limit_exceeded',
    message: `${matching} tags match the patterns; ${max} are guarded, and the others are not published.`,
    nextStep: 'Delete tags that nobody needs, or write narrower patterns under `tags:`, and run `headlock apply`.',
  };
}

function waysOut({ ref, object, sequence }: TagState): { readonly restore: string; readonly unlock: string } {
  const name = writeTag(ref.branch);
  return {
    restore: `git push --force origin ${object}:${name}`,
    unlock: `headlock unlock ${ref.repository} ${name} --sequence ${sequence}`,
  };
}
