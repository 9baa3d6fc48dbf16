import type { BranchState } from '../../../shared/model/branch-state.ts';
import type { RequestListener } from '../loopback-server.ts';
import type { MetricRegistry } from '../metrics/metric-registry.ts';
import { OPEN_METRICS_TYPE, writeOpenMetrics } from '../metrics/write-open-metrics.ts';
import type { Playground } from '../playground/playground.ts';
import { renderStatusPage } from './status-page.ts';

export interface LocalRoutes {
  /** Tells an instance from whatever else may listen on its port. */
  readonly id: string;
  readonly playground: Playground;
  readonly metrics: MetricRegistry;
  readonly readStatus: () => Promise<readonly BranchState[]>;
  /** The template's routes. */
  readonly gateway: RequestListener;
}

const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  'cache-control': 'no-store',
};

/** What an instance on this machine serves beside the template's routes: a playground, its status, metrics and id. */
export function createLocalRoutes({ id, playground, metrics, readStatus, gateway }: LocalRoutes): RequestListener {
  const showStatus: RequestListener = async (_, response) => {
    const [branches, cloneUrls] = await Promise.all([readStatus(), playground.listCloneUrls()]);
    response.writeHead(200, PAGE_HEADERS).end(renderStatusPage({ branches, cloneUrls }));
  };
  const showMetrics: RequestListener = async (_, response) => {
    const headers = { 'content-type': OPEN_METRICS_TYPE, 'cache-control': 'no-store' };
    response.writeHead(200, headers).end(writeOpenMetrics(metrics, Date.now()));
  };
  const showId: RequestListener = async (_, response) => void response.end(id);
  const own = new Map<string, RequestListener>([
    ['GET /', showStatus],
    ['GET /metrics', showMetrics],
    ['GET /instance', showId],
  ]);
  return async (request, response, url) => {
    const isPlayground = url.pathname.startsWith('/playground/');
    const listener = isPlayground ? playground.serve : own.get(`${request.method} ${url.pathname}`);
    if (listener === undefined) return gateway(request, response, url);
    if (isLoopback(request.headers.host ?? '')) return listener(request, response, url);
    response.writeHead(403).end('Only this machine is served here: use 127.0.0.1.\n');
  };
}

/** A page in a browser can have any name point here (DNS rebinding); these routes ask for no token. */
function isLoopback(host: string): boolean {
  return /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host);
}
