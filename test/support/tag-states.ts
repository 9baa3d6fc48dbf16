import { tagRefOf } from '../../shared/model/tag-ref.ts';
import type { TagState } from '../../shared/model/tag-state.ts';
import { mintTrustedRevision } from '../../shared/model/trusted-revision.ts';
import { createTagState } from '../../shared/trust/apply-tags.ts';
import { oidOf } from './small-history.ts';

const SEEN = '2026-11-21T10:00:00.000Z';

/** A tag that was never written and that nothing is known of but its object `d`. */
export function createNewTagState(repository: string, tag: string, changes: Partial<TagState> = {}): TagState {
  return { ...createTagState(tagRefOf(repository, tag), oidOf('d'), SEEN), ...changes };
}

/** A tag that is published at commit `b`. */
export function createTrustedTagState(repository: string, tag: string, changes: Partial<TagState> = {}): TagState {
  return createNewTagState(repository, tag, {
    ...{ sequence: 1, trusted: mintTrustedRevision(oidOf('b')), object: oidOf('d'), policyVersion: 1 },
    signedBy: [{ fingerprint: 'SHA256:x', certifiedBy: null, certificate: null }],
    decidedAt: '2026-11-21T10:15:00.000Z',
    ...changes,
  });
}
