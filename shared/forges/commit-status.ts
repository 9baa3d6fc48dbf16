import type { HttpAgents } from '../git/http-agents.ts';
import { exchangeHttp, type HttpAnswer } from '../git/http-exchange.ts';
import { parseRetryAfter } from '../git/retry-after.ts';
import { TransportError } from '../git/transport-error.ts';
import type { CommitStatus } from '../model/commit-status.ts';
import { HeadlockError } from '../model/headlock-error.ts';
import type { RepositoryPolicy } from '../model/policy.ts';
import { createStatusRequest } from './status-request.ts';

/** What came of telling a forge. */
export type StatusOutcome =
  | { readonly kind: 'told' }
  /** For good, unless somebody changes something. */
  | { readonly kind: 'refused'; readonly message: string }
  /** `afterSeconds` as the forge says, within bounds; null where it does not. */
  | { readonly kind: 'later'; readonly message: string; readonly afterSeconds: number | null };

export interface StatusCall {
  readonly userAgent: string;
  readonly timeoutMs: number;
  readonly agents: HttpAgents;
}

/** What forges answer is a few kilobytes, and none of it is read. */
const MAX_ANSWER_BYTES = 256 * 1024;

/** A quarter of an hour: who asks for more is asked again then. */
const MAX_AFTER_SECONDS = 900;

/**
 * Tells the policy's forge one commit status. No redirect is followed, so the token goes to the one server that the policy
 * names.
 */
export async function sendCommitStatus(
  policy: RepositoryPolicy,
  branch: string,
  status: CommitStatus,
  token: string,
  { userAgent, timeoutMs, agents }: StatusCall,
): Promise<StatusOutcome> {
  try {
    const { url, headers, body } = createStatusRequest(policy, branch, status, token);
    const request = {
      ...({
        method: 'POST',
        url,
        body,
        maxBytes: MAX_ANSWER_BYTES,
        signal: AbortSignal.timeout(timeoutMs),
        agents,
      } as const),
      headers: { ...headers, 'user-agent': userAgent },
    };
    return await exchangeHttp(request, async (answer) => outcomeOf(answer, url.host));
  } catch (error) {
    if (error instanceof TransportError) return { kind: 'later', message: error.message, afterSeconds: null };
    if (error instanceof HeadlockError && error.kind === 'configuration')
      return { kind: 'refused', message: error.message };
    throw error;
  }
}

function outcomeOf({ status, headers }: HttpAnswer, host: string): StatusOutcome {
  if (status >= 200 && status < 300) return { kind: 'told' };
  const asked = parseRetryAfter(headers, Date.now());
  const afterSeconds = asked && Math.min(asked, MAX_AFTER_SECONDS);
  // Forges also limit their callers with 403, and then say when to come back.
  if (status === 429 || (status === 403 && afterSeconds !== null)) {
    return { kind: 'later', message: `${host} limits how often it may be called.`, afterSeconds };
  }
  if (status >= 500 || status === 408) return { kind: 'later', message: `${host} answers ${status}.`, afterSeconds };
  return { kind: 'refused', message: `${host} answers ${status}. ${adviceOn(status)}` };
}

function adviceOn(status: number): string {
  if (status >= 300 && status < 400) return 'The repository was moved: write its new URL in the policy.';
  switch (status) {
    case 401:
      return 'The token has expired or is none: store another with `headlock secret set`.';
    case 403:
      return 'The token may not write commit statuses here: give it that permission.';
    case 404:
      return 'There is no such repository or commit, or the token may not see it: check the URL and the token.';
    default:
      return 'It does not take this status of this commit.';
  }
}
