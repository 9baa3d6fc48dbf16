import { createHmac, randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';

export interface Webhook {
  readonly url: string;
  readonly secret: string;
  readonly event: 'push';
  readonly payload: object;
}

const ATTEMPT_TIMEOUT_MILLISECONDS = 10_000;

/** Waits between attempts, in milliseconds. */
const DELAYS = [500, 2000];

/** Sends a webhook as GitHub does, signed, again where nobody answers or the server fails. @throws Error when all attempts failed. */
export async function sendWebhook(webhook: Webhook, stopped: AbortSignal): Promise<void> {
  const body = JSON.stringify(webhook.payload);
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'GitHub-Hookshot/playground',
    'x-github-event': webhook.event,
    'x-github-delivery': randomUUID(),
    'x-hub-signature-256': `sha256=${createHmac('sha256', webhook.secret).update(body).digest('hex')}`,
  };
  for (const delay of [...DELAYS, null]) {
    const outcome = await attempt(webhook.url, { method: 'POST', headers, body }, stopped);
    if (outcome.done) return;
    if (delay === null || !outcome.retryable) throw new Error(outcome.reason);
    await setTimeout(delay, null, { signal: stopped });
  }
}

type Outcome = { readonly done: true } | { readonly done: false; readonly retryable: boolean; readonly reason: string };

async function attempt(url: string, request: RequestInit, stopped: AbortSignal): Promise<Outcome> {
  const signal = AbortSignal.any([stopped, AbortSignal.timeout(ATTEMPT_TIMEOUT_MILLISECONDS)]);
  try {
    const { ok, status } = await fetch(url, { ...request, signal });
    return ok ? { done: true } : { done: false, retryable: status >= 500, reason: `answered ${status}` };
  } catch (error) {
    return { done: false, retryable: true, reason: error instanceof Error ? error.message : String(error) };
  }
}
