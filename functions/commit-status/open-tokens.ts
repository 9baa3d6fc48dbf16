import type { AppTokens } from '../../shared/forges/app-tokens.ts';
import type { StatusCall } from '../../shared/forges/commit-status.ts';
import type { SourceUnreachable } from '../../shared/git/commit-source.ts';
import type { SecretVault } from '../../shared/kms/secret-vault.ts';
import type { RepositoryPolicy } from '../../shared/model/policy.ts';
import { openSecret } from '../../shared/sources/open-secret.ts';

export interface TokenPorts {
  readonly vault: Pick<SecretVault, 'open'>;
  readonly apps: AppTokens;
}

/**
 * The tokens by which a status may be told, each to be tried where the forge refuses those before it: while a secret rotates
 * both its values are valid, and a token of an app may have been revoked since it was kept.
 */
export async function* openTokens(
  { commitStatus, credentials, url }: RepositoryPolicy,
  { vault, apps }: TokenPorts,
  call: StatusCall,
): AsyncGenerator<string | SourceUnreachable, void, void> {
  const own = commitStatus?.token ?? null;
  if (own !== null) return yield* each(await openSecret(vault, own, 'status'));
  if (credentials === null || 'sshKey' in credentials) return; // The policy's schema asks for a token then.
  if (!('app' in credentials)) {
    const secret = 'bearer' in credentials ? credentials.bearer : credentials.password;
    return yield* each(await openSecret(vault, secret, 'git'));
  }
  const { app } = credentials;
  const privateKeys = await openSecret(vault, app.privateKey, 'app');
  if ('kind' in privateKeys) return yield privateKeys;
  const request = { app, privateKeys, repositoryUrl: url, permission: 'statuses: write', ...call } as const;
  for (;;) {
    const obtained = await apps.obtain(request);
    if ('kind' in obtained) return yield obtained;
    yield obtained.token;
    if (!obtained.isCached) return;
    apps.drop(request, obtained.token);
  }
}

function each(opened: readonly string[] | SourceUnreachable): readonly (string | SourceUnreachable)[] {
  return 'kind' in opened ? [opened] : opened;
}
