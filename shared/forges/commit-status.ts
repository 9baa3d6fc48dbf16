import type { HttpAgents } from '../git/http-agents.ts';
import { exchangeHttp, type HttpAnswer, type HttpRequest } from '../git/http-exchange.ts';
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
    const request: HttpRequest = {
      method: 'POST',
      url,
      headers: { ...headers, 'user-agent': userAgent },
      body,
      maxBytes: MAX_ANSWER_BYTES,
      signal: AbortSignal.timeout(timeoutMs),
      agents,
    };
    return await exchangeHttp(request, async (answer) => outcomeOf(answer, url.host));
  } catch (error) {
    if (error instanceof TransportError) return putOff(error.message, null);
    if (error instanceof HeadlockError && error.kind === 'configuration')
      return { kind: 'refused', message: error.message };
    throw error;
  }
}

function outcomeOf({ status, headers }: HttpAnswer, host: string): StatusOutcome {
  if (status >= 200 && status < 300) return { kind: 'told' };
  const retryAfter = parseRetryAfter(headers, Date.now());
  // Forges also limit their callers with 403, and then say when to come back.
  if (status === 429 || (status === 403 && retryAfter !== null)) {
    return putOff(`${host} limits how often it may be called.`, retryAfter);
  }
  // What passes by itself; 409 while another status of the commit is taken.
  if (status >= 500 || status === 408 || status === 409) return putOff(`${host} answers ${status}.`, retryAfter);
  return { kind: 'refused', message: `${host} answers ${status}. ${adviceOn(status)}` };
}

/** @param retryAfter - seconds that the forge asks for: a claim, so it is bounded */
export function putOff(message: string, retryAfter: number | null): StatusOutcome {
  const afterSeconds = retryAfter === null ? null : Math.min(Math.max(retryAfter, 1), MAX_AFTER_SECONDS);
  return { kind: 'later', message, afterSeconds };
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
