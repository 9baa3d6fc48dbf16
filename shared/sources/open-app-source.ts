import type { AppToken, AppTokenRequest, AppTokens } from '../forges/app-tokens.ts';
import type { SourceUnreachable } from '../git/commit-source.ts';
import type { HttpCredentials } from '../git/http-transport.ts';
import type { RepositorySource } from '../git/ref-source.ts';
import { createRenewingSource } from './renewing-source.ts';

/** The source of a repository that a GitHub App fetches. A token that was kept from an earlier request may have been revoked since. */
export async function openAppSource(
  request: AppTokenRequest,
  tokens: AppTokens,
  open: (credentials: HttpCredentials) => RepositorySource,
): Promise<RepositorySource | SourceUnreachable> {
  // As GitHub documents it for git over https.
  const openWith = ({ token }: AppToken) => open({ kind: 'basic', username: 'x-access-token', password: token });
  const kept = await tokens.obtain(request);
  if ('kind' in kept) return kept;
  if (!kept.isCached) return openWith(kept);
  return createRenewingSource(openWith(kept), async () => {
    tokens.drop(request, kept.token);
    const next = await tokens.obtain(request);
    return 'kind' in next ? next : openWith(next);
  });
}
