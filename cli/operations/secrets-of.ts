import type { RepositoryPolicy, SecretRef } from '../../shared/model/policy.ts';
import type { SecretPurpose } from '../../shared/store/secret-store.ts';

/** A sealed secret that a policy names. */
export interface NeededSecret {
  readonly name: string;
  readonly purpose: SecretPurpose;
  /** What is amiss as long as it is not there. */
  readonly need: string;
}

/** The sealed secrets that the policy of a repository names, each with what it is for. */
export function secretsOf({ repository, webhook, credentials, commitStatus }: RepositoryPolicy): NeededSecret[] {
  const needed: NeededSecret[] = [];
  const add = (ref: SecretRef | null, purpose: SecretPurpose, need: string) => {
    if (ref !== null) needed.push({ name: ref.secretRef, purpose, need });
  };
  const unfetched = `${repository} cannot be fetched until there is one`;
  add(webhook, 'webhook', `webhooks of ${repository} are refused until there is one`);
  if (credentials === null) {
    // It is public.
  } else if ('app' in credentials) {
    const { name, privateKey, webhook: appWebhook } = credentials.app;
    add(privateKey, 'app', unfetched);
    add(appWebhook, 'webhook', `webhooks of the app ${name} are refused until there is one`);
  } else if ('sshKey' in credentials) {
    add(credentials.sshKey, 'git', unfetched);
    add(credentials.passphrase, 'git', unfetched);
  } else add('bearer' in credentials ? credentials.bearer : credentials.password, 'git', unfetched);
  add(commitStatus?.token ?? null, 'status', `the forge of ${repository} is told no status until there is one`);
  return needed;
}
