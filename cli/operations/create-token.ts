import { HeadlockError } from '../../shared/model/headlock-error.ts';
import type { AgentToken } from '../../shared/store/token-store.ts';
import { createTokenText, hashTokenText } from '../../shared/store/token-text.ts';
import type { Installation } from './installation.ts';

export interface TokenRequest {
  readonly name: string;
  readonly repositories: readonly string[];
  /** Null never expires. */
  readonly days: number | null;
  readonly now: Date;
}

const DAY_MS = 86_400_000;

/**
 * Makes an agent's token and stores its hash.
 * @returns the token itself, which is shown once and never stored
 * @throws HeadlockError `no_such_repository`, `existing_token`
 */
export async function createToken(
  { name, repositories, days, now }: TokenRequest,
  { tokens, policies }: Pick<Installation, 'tokens' | 'policies'>,
): Promise<{ readonly text: string; readonly token: AgentToken }> {
  const guarded = await policies.listRepositories();
  const unknown = repositories.filter((repository) => !guarded.includes(repository));
  if (unknown.length > 0) {
    const known = guarded.length === 0 ? 'none yet: run `headlock apply` first' : guarded.join(', ');
    const message = `No policy names the repository ${unknown.join(', ')}. Guarded are: ${known}.`;
    throw new HeadlockError('no_such_repository', message, { kind: 'input' });
  }
  if ((await tokens.list()).some((token) => token.name === name && token.revoked === null)) {
    const message = `There is a token ${name} already. Choose another name, or revoke it first: \`headlock token revoke ${name}\`.`;
    throw new HeadlockError('existing_token', message, { kind: 'input' });
  }
  const text = createTokenText();
  const token: AgentToken = {
    sha256: hashTokenText(text),
    name,
    repositories: [...new Set(repositories)],
    created: now.toISOString(),
    expires: days === null ? null : new Date(now.getTime() + days * DAY_MS).toISOString(),
    revoked: null,
  };
  await tokens.create(token);
  return { text, token };
}
