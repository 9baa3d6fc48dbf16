import type { RepositoryPolicy } from '../model/policy.ts';
import { isSshUrl, parseSshUrl } from '../model/ssh-url.ts';

/** Where each forge that Headlock calls has its REST API, below the address of its pages. */
const API_PATHS = { github: '/api/v3', gitlab: '/api/v4', gitea: '/api/v1', forgejo: '/api/v1' } as const;

/**
 * The base of the REST API of a repository's forge, without a slash at its end: of its app, as the policy says, or by the host
 * of its URL. Null where the forge has none that Headlock calls.
 */
export function apiUrlOf({ url, provider, credentials, apiUrl }: RepositoryPolicy): string | null {
  if (credentials !== null && 'app' in credentials) return credentials.app.apiUrl;
  if (apiUrl !== null) return apiUrl;
  if (provider === 'bitbucket' || provider === 'generic') return null;
  const origin = isSshUrl(url) ? originOf(parseSshUrl(url).host) : new URL(url).origin;
  if (provider === 'github' && origin === 'https://github.com') return 'https://api.github.com';
  return `${origin}${API_PATHS[provider]}`;
}

function originOf(host: string): string {
  return `https://${host.includes(':') ? `[${host}]` : host}`;
}
