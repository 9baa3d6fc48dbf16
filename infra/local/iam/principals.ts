import { randomBytes } from 'node:crypto';
import type { Credentials } from '../services/signature-v4.ts';

/** Whoever uses the commands, under the managed policy of the stack. */
export const OPERATOR = 'operator';

/** Whose data folder it is: what the root user is to an account. */
export const OWNER = 'owner';

export interface Principal {
  readonly name: string;
  readonly credentials: Credentials;
}

export type Principals = ReturnType<typeof createPrincipals>;

/** An access key for each principal, made at random when it is first asked for; those of the owner stay with the data folder. */
export function createPrincipals(owner: Credentials) {
  const byName = new Map<string, Principal>();
  const byAccessKey = new Map<string, Principal>();
  const add = (principal: Principal): Principal => {
    byName.set(principal.name, principal);
    byAccessKey.set(principal.credentials.accessKeyId, principal);
    return principal;
  };
  add({ name: OWNER, credentials: owner });
  return {
    of: (name: string): Principal => byName.get(name) ?? add({ name, credentials: createCredentials() }),
    /** Who has that access key. */
    find: (accessKeyId: string) => byAccessKey.get(accessKeyId),
  };
}

export function createCredentials(): Credentials {
  return {
    accessKeyId: `LOCAL${randomBytes(8).toString('hex').toUpperCase().slice(0, 15)}`,
    secretAccessKey: randomBytes(30).toString('base64url'),
  };
}
