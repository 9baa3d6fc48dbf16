/** A route of an HTTP API, as `POST /webhooks/{source}`. */
export interface HttpRoute<Target> {
  readonly key: string;
  readonly target: Target;
}

/** The routes that can be matched here: no `ANY`, no `$default`, no greedy variable. */
export const ROUTE_KEY = /^[A-Z]{3,7} (\/|(\/([\w.-]+|\{\w+\}))+)$/;

/** @returns the values of the key's variables, as they stand in the path; null where the key does not match. */
export function matchRouteKey(key: string, method: string, path: string): Record<string, string> | null {
  const pattern = key.split(/[ /]/);
  const given = [method, ...path.split('/')];
  if (pattern.length !== given.length) return null;
  const variables: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const value = given[index] ?? '';
    if (part.startsWith('{') && value !== '') variables[part.slice(1, -1)] = value;
    else if (part !== value) return null;
  }
  return variables;
}

/** The most specific route comes first: API Gateway prefers literal segments to variables. */
export function compareRoutes(a: HttpRoute<unknown>, b: HttpRoute<unknown>): number {
  return a.key.split('{').length - b.key.split('{').length;
}
