import { HeadlockError } from '../model/headlock-error.ts';
import { isOid } from '../model/oid.ts';
import { parseDecisionHint } from './decision-hint.ts';
import type { StatusHint } from './status-queue.ts';

/** The message's body: what a decision's hint holds, and the commit. */
export function formatStatusHint({ ref: { repository, branch }, commit, delivery }: StatusHint): string {
  return JSON.stringify({ repository, branch, commit, delivery });
}

/** @throws HeadlockError `malformed_hint`: the message was not written by Headlock, so trying again is in vain. */
export function parseStatusHint(body: string): StatusHint {
  const hint = parseDecisionHint(body);
  const { commit }: { commit?: unknown } = JSON.parse(body);
  if (typeof commit === 'string' && isOid(commit)) return { ...hint, commit };
  throw new HeadlockError('malformed_hint', 'A message of the status queue has a malformed commit.', { kind: 'input' });
}
