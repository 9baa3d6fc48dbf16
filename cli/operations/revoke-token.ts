import { HeadlockError } from '../../shared/model/headlock-error.ts';
import type { AgentToken } from '../../shared/store/token-store.ts';
import type { Installation } from './installation.ts';

const MIN_PREFIX_LENGTH = 6;

/**
 * Ends a token for good.
 * @param which - its name, or the start of its hash as `token list` shows it
 * @throws HeadlockError `no_such_token`, `ambiguous_token`
 */
export async function revokeToken(
  which: string,
  now: Date,
  { tokens }: Pick<Installation, 'tokens'>,
): Promise<AgentToken> {
  const valid = (await tokens.list()).filter(({ revoked }) => revoked === null);
  const named = valid.filter(({ name }) => name === which);
  const found =
    named.length > 0
      ? named
      : valid.filter(({ sha256 }) => which.length >= MIN_PREFIX_LENGTH && sha256.startsWith(which));
  const [token, ...others] = found;
  if (token === undefined) {
    const message = `No valid token has the name, or a hash that starts with, ${which}. \`headlock token list\` shows them.`;
    throw new HeadlockError('no_such_token', message, { kind: 'input' });
  }
  if (others.length > 0) {
    const message = `Several tokens are meant by ${which}. Name one by more digits of its hash: \`headlock token list\` shows them.`;
    throw new HeadlockError('ambiguous_token', message, { kind: 'input' });
  }
  await tokens.revoke(token.sha256, now.toISOString());
  return token;
}
