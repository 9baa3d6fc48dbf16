import { createHmac } from 'node:crypto';
import {
  type AcceptDeliveryServices,
  acceptDelivery,
  type DeliveryOutcome,
  KNOWN_SOURCES,
} from '../../functions/webhook/accept-delivery.ts';
import type { BranchPolicy, RepositoryPolicy } from '../../shared/model/policy.ts';
import { normalizeRepositoryUrl } from '../../shared/model/repository-url.ts';
import type { DecisionHint } from '../../shared/queue/decision-queue.ts';
import { createExpiringCache } from '../../shared/store/expiring-cache.ts';
import { captureLog } from './captured-log.ts';
import { createBranchPolicy, createPolicy } from './policies.ts';

/** A policy of a repository that an app of this name fetches. */
export function createAppPolicy(
  repository: string,
  url: string,
  app = 'acme',
  branches: readonly BranchPolicy[] = [createBranchPolicy()],
): RepositoryPolicy {
  const secrets = { privateKey: { secretRef: 'key' }, webhook: { secretRef: 'hook' } };
  const credentials = { app: { name: app, appId: '1', apiUrl: 'https://api.github.com', ...secrets } };
  return createPolicy(repository, { url, credentials, webhook: null, branches });
}

export interface AppDelivery {
  readonly source?: string;
  readonly event?: string;
  readonly body: string;
  readonly secret?: string;
}

export interface AcceptedDelivery {
  readonly outcome: DeliveryOutcome | Error;
  readonly hints: readonly DecisionHint[];
  /** What was looked up before anything was known to be authentic, and after. */
  readonly lookups: readonly string[];
}

/**
 * Accepts a delivery as GitHub signs those of an app, where these policies are applied.
 * @param stale - repositories that the directory still lists under `acme` for any URL
 * @param known - what the function remembers of deliveries before
 */
export async function acceptAppDelivery(
  { source = 'acme', event = 'push', body, secret = 's3cr3t' }: AppDelivery,
  policies: readonly RepositoryPolicy[],
  stale: readonly string[] = [],
  known: AcceptDeliveryServices['known'] = createKnownSources(),
): Promise<AcceptedDelivery> {
  const hints: DecisionHint[] = [];
  const lookups: string[] = [];
  const appOf = ({ credentials }: RepositoryPolicy) =>
    credentials !== null && 'app' in credentials ? credentials.app : null;
  const services: AcceptDeliveryServices = {
    log: captureLog().log,
    count: () => {},
    policies: {
      readPolicy: async (name) => {
        lookups.push(`policy ${name}`);
        const policy = policies.find(({ repository }) => repository === name);
        return policy === undefined ? null : { version: 1, policy };
      },
    },
    apps: {
      readWebhook: async (name) => {
        lookups.push(`app ${name}`);
        return policies.map(appOf).find((app) => app?.name === name)?.webhook ?? null;
      },
      findRepositories: async (name, url) => {
        lookups.push(`url ${url}`);
        const found = policies.filter(
          (policy) => appOf(policy)?.name === name && normalizeRepositoryUrl(policy.url) === url,
        );
        return [...found.map(({ repository }) => repository), ...stale];
      },
    },
    vault: {
      open: async (name, purpose) => {
        lookups.push(`secret ${name}:${purpose}`);
        return name === 'hook' ? ['n3w', 's3cr3t'] : null;
      },
    },
    queue: { send: async (hint) => void hints.push(hint) },
    known,
    now: () => new Date(),
  };
  const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
  const headers = { 'x-github-event': event, 'x-github-delivery': 'd1', 'x-hub-signature-256': signature };
  const outcome = await acceptDelivery(services, { source, headers, rawBody: Buffer.from(body) }).catch(
    (error: Error) => error,
  );
  return { outcome, hints, lookups };
}

/** @param now - milliseconds since 1970 */
export function createKnownSources(now: () => number = Date.now): AcceptDeliveryServices['known'] {
  return createExpiringCache({ ...KNOWN_SOURCES, now });
}
