import type { ServerResponse } from 'node:http';
import type { BranchState } from '../../../shared/model/branch-state.ts';
import type { Playground } from '../playground/playground.ts';
import type { RequestListener } from './http-gateway.ts';
import { renderStatusPage } from './status-page.ts';

export interface LocalRoutes {
  /** Tells an instance from whatever else may listen on its port. */
  readonly id: string;
  readonly playground: Playground;
  readonly readStatus: () => Promise<readonly BranchState[]>;
}

const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  'cache-control': 'no-store',
};

/** What an instance on this machine serves beside the template's routes. */
export function createLocalRoutes({
  id,
  playground,
  readStatus,
}: LocalRoutes): (next: RequestListener) => RequestListener {
  return (next) => async (request, response, url) => {
    const { pathname } = url;
    const isPlayground = pathname.startsWith('/playground/');
    if (!isPlayground && (request.method !== 'GET' || (pathname !== '/' && pathname !== '/instance'))) {
      return next(request, response, url);
    }
    if (!isLoopback(request.headers.host ?? '')) return refuse(response);
    if (isPlayground) return playground.serve(request, response, url);
    if (pathname === '/instance') return void response.writeHead(200, { 'content-type': 'text/plain' }).end(id);
    const cloneUrls = await playground.listCloneUrls();
    response.writeHead(200, PAGE_HEADERS).end(renderStatusPage({ branches: await readStatus(), cloneUrls }));
  };
}

/** A page in a browser can have any name point here (DNS rebinding); these routes ask for no token. */
function isLoopback(host: string): boolean {
  return /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host);
}

function refuse(response: ServerResponse): void {
  response.writeHead(403, { 'content-type': 'text/plain' }).end('Only this machine is served here: use 127.0.0.1.\n');
}
