import { isBranchName, isRepositoryName } from '../model/branch-ref.ts';
import { HeadlockError } from '../model/headlock-error.ts';
import type { DecisionHint } from './decision-queue.ts';

/** The message's body: repository, branch, delivery and its time, nothing that decides (trust rule 5.2). */
export function formatDecisionHint({ ref: { repository, branch }, delivery, receivedAt }: DecisionHint): string {
  return JSON.stringify({ repository, branch, delivery, receivedAt });
}

/** @throws HeadlockError `malformed_hint`: the message was not written by Headlock, so trying again is in vain. */
export function parseDecisionHint(body: string): DecisionHint {
  const { repository, branch, delivery, receivedAt } = parseObject(body);
  if (typeof repository !== 'string' || !isRepositoryName(repository)) throw createMalformedHintError('repository');
  if (typeof branch !== 'string' || !isBranchName(branch)) throw createMalformedHintError('branch');
  if (typeof delivery !== 'string') throw createMalformedHintError('delivery');
  const hint = { ref: { repository, branch }, delivery };
  return typeof receivedAt === 'string' && !Number.isNaN(Date.parse(receivedAt)) ? { ...hint, receivedAt } : hint;
}

function parseObject(body: string): {
  repository?: unknown;
  branch?: unknown;
  delivery?: unknown;
  receivedAt?: unknown;
} {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // The parser's own message would quote the body (trust rule 7.3).
  }
  throw createMalformedHintError('body');
}

function createMalformedHintError(part: string): HeadlockError<'malformed_hint'> {
  return new HeadlockError(
    'malformed_hint',
    `A message of the decision queue has a malformed ${part}. Find out who else writes to that queue; the sweep finds what it may have told.`,
    { kind: 'input' },
  );
}
