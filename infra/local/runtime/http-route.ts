import type { LambdaFunction } from './lambda-function.ts';

/** A route of an HTTP API, as `POST /webhooks/{source}`. */
export interface HttpRoute {
  readonly key: string;
  readonly target: LambdaFunction;
}

/** The routes that can be matched here: no `ANY`, no `$default`, no greedy variable. */
export const ROUTE_KEY = /^[A-Z]{3,7} (\/|(\/([\w.-]+|\{\w+\}))+)$/;

/** What matches `<method> <path>`: its groups are the key's variables, as they stand in the path. */
export function compileRouteKey(key: string): RegExp {
  return new RegExp(`^${key.replaceAll('.', '\\.').replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`);
}

/** The most specific route comes first: API Gateway prefers literal segments to variables. */
export function compareRoutes(a: HttpRoute, b: HttpRoute): number {
  return a.key.split('{').length - b.key.split('{').length;
}
