import type { Configuration } from './configuration.ts';

/** A route of the HTTP API. Those that agents or forges call often have a throttle of their own. */
export interface PublicRoute {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly target: 'webhook' | 'trusted-revision';
  readonly throttle: keyof Configuration['throttles'];
  /** Why no authorizer of API Gateway stands before it. */
  readonly whyOpen: string;
}

const POLLED = {
  method: 'GET',
  target: 'trusted-revision',
  throttle: 'polls',
  whyOpen: 'The function checks the token itself: which repositories it may see is stored with it.',
} as const;
const ASKED = { ...POLLED, throttle: 'others' } as const;

export const PUBLIC_ROUTES: readonly PublicRoute[] = [
  {
    method: 'POST',
    path: '/webhooks/{source}',
    target: 'webhook',
    throttle: 'webhooks',
    whyOpen: 'The forge proves itself over the raw bytes, which no authorizer sees.',
  },
  { ...ASKED, path: '/v1/repositories' },
  { ...POLLED, path: '/v1/repositories/{repository}/trusted-revision' },
  { ...POLLED, throttle: 'attestations', path: '/v1/repositories/{repository}/trusted-revision/attestation' },
  { ...ASKED, path: '/v1/repositories/{repository}/commits/{oid}' },
  { ...ASKED, path: '/v1/repositories/{repository}/events' },
  { ...ASKED, path: '/openapi.json', whyOpen: 'It describes the API, as anybody may read it in the sources.' },
  { ...ASKED, path: '/healthz', whyOpen: 'It says that the function runs, and nothing else, to whoever asks.' },
];
