import { createHmac, randomUUID } from 'node:crypto';
import { NULL_OID, type RefChange } from './ref-changes.ts';

export interface PushedRepository {
  readonly name: string;
  readonly cloneUrl: string;
  /** Where its webhooks go. */
  readonly webhookUrl: string;
  readonly secret: string;
}

const TIMEOUT_MILLISECONDS = 10_000;

/** Tells of one changed ref by a `push` event as GitHub sends and signs it. @throws Error where it is not accepted */
export async function sendPushWebhook(
  repository: PushedRepository,
  change: RefChange,
  stopped: AbortSignal,
): Promise<void> {
  const body = JSON.stringify(createPayload(repository, change));
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'GitHub-Hookshot/playground',
    'x-github-event': 'push',
    'x-github-delivery': randomUUID(),
    'x-hub-signature-256': `sha256=${createHmac('sha256', repository.secret).update(body).digest('hex')}`,
  };
  const signal = AbortSignal.any([stopped, AbortSignal.timeout(TIMEOUT_MILLISECONDS)]);
  const { ok, status } = await fetch(repository.webhookUrl, { method: 'POST', headers, body, signal });
  if (!ok) throw new Error(`answered ${status}`);
}

/** GitHub's payload without what a playground does not know and nobody here asks: commits and persons. */
function createPayload({ name, cloneUrl }: PushedRepository, { ref, before, after }: RefChange): object {
  return {
    ref,
    before,
    after,
    created: before === NULL_OID,
    deleted: after === NULL_OID,
    repository: { name, full_name: `playground/${name}`, clone_url: cloneUrl, default_branch: 'main' },
  };
}
