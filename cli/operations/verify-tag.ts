import type { TagSource } from '../../shared/git/tag-source.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import { DEFAULT_BRANCH_LIMITS } from '../../shared/model/limits.ts';
import type { Oid } from '../../shared/model/oid.ts';
import { tagOfRefName, tagRefOf } from '../../shared/model/tag-ref.ts';
import { findTagRule } from '../../shared/model/tag-rule.ts';
import { createKeyring } from '../../shared/signatures/keyring.ts';
import { loadSigstore } from '../../shared/signatures/x509/load-sigstore.ts';
import { hashDeniedPayloads } from '../../shared/trust/hash-denied-payloads.ts';
import { judgeTag, refusedFinding, type TagFinding } from '../../shared/trust/judge-tag.ts';
import { createExceptions } from '../../shared/trust/policy-exceptions.ts';
import { tooLargeTag } from '../../shared/trust/tag-offence.ts';
import type { ReadPolicy } from '../policy/read-policy.ts';

export interface VerifiedTag {
  readonly object: Oid;
  readonly finding: TagFinding;
}

/**
 * Judges one tag as an instance would that looks for the first time, now (trust rule 4.9).
 * @throws HeadlockError `unreachable`, `no_such_tag`, `unguarded_tag`
 */
export async function verifyTag(
  name: string,
  source: TagSource,
  { policy, signatories }: Pick<ReadPolicy, 'policy' | 'signatories'>,
  now: Date,
): Promise<VerifiedTag> {
  const rule = findTagRule(policy.tags, name);
  if (rule === null || tagOfRefName(tagRefOf('', name).branch) === null) {
    const known = policy.tags.map(({ pattern }) => pattern).join(', ') || 'none';
    const message = `No pattern under \`tags:\` of ${policy.repository} matches ${name}. The patterns are: ${known}.`;
    throw new HeadlockError('unguarded_tag', message, { kind: 'input' });
  }
  const listing = await source.listTags();
  if (listing.kind === 'unreachable') throw createUnreachableError(listing.message);
  const object = listing.tags.get(name);
  if (object === undefined) {
    throw new HeadlockError('no_such_tag', `The repository has no tag ${name}.`, { kind: 'input' });
  }
  const sent = await source.fetchTags([object]);
  if (sent.kind === 'unreachable') throw createUnreachableError(sent.message);
  if (sent.kind === 'limit-exceeded') return { object, finding: refusedFinding(tooLargeTag(name, object)) };

  await loadSigstore(signatories);
  const finding = judgeTag({ name, object, rule }, sent, {
    keyring: createKeyring(signatories, policy.compromisedKeys),
    signatories,
    exceptions: createExceptions(policy, hashDeniedPayloads(policy, sent.commits, DEFAULT_BRANCH_LIMITS)),
    firstSeen: new Map(),
    judgedAt: Math.floor(now.getTime() / 1000),
  });
  return { object, finding };
}

function createUnreachableError(message: string): HeadlockError<'unreachable'> {
  return new HeadlockError('unreachable', message, { kind: 'upstream', retryable: true });
}
