import { HeadlockError } from '../../shared/model/headlock-error.ts';
import type { Installation } from './installation.ts';
import { secretsOf } from './secrets-of.ts';

/**
 * Deletes a stored credential.
 * @returns the repositories whose policy still names it
 * @throws HeadlockError `no_such_secret`
 */
export async function dropSecret(
  name: string,
  { secrets, policies }: Pick<Installation, 'secrets' | 'policies'>,
): Promise<readonly string[]> {
  if ((await secrets.read(name)) === null) {
    const message = `There is no secret ${name}. \`headlock secret list\` shows those that there are.`;
    throw new HeadlockError('no_such_secret', message, { kind: 'input' });
  }
  await secrets.drop(name);
  const users: string[] = [];
  for (const repository of await policies.listRepositories()) {
    const applied = await policies.readPolicy(repository);
    if (applied !== null && secretsOf(applied.policy).some((secret) => secret.name === name)) users.push(repository);
  }
  return users;
}
