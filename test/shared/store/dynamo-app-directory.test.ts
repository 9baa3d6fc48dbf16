import { describe, expect, it } from 'vitest';
import type { RepositoryPolicy } from '../../../shared/model/policy.ts';
import { createDynamoAppDirectory } from '../../../shared/store/dynamo-app-directory.ts';
import { createDynamoClient } from '../../../shared/store/dynamo-client.ts';
import { createDynamoPolicyStore } from '../../../shared/store/dynamo-policy-store.ts';
import { TABLE, useEmbeddedServices } from '../../support/embedded-services.ts';
import { createPolicy } from '../../support/policies.ts';

useEmbeddedServices();
const policies = () => createDynamoPolicyStore(createDynamoClient(), TABLE);
const directory = () => createDynamoAppDirectory(createDynamoClient(), TABLE);

function policyOf(repository: string, app: string, url: string, secret: string | null = 'hook'): RepositoryPolicy {
  const webhook = secret === null ? null : { secretRef: secret };
  const apiUrl = 'https://api.github.com';
  return createPolicy(repository, {
    url,
    credentials: { app: { name: app, appId: '1', privateKey: { secretRef: 'key' }, webhook, apiUrl } },
  });
}

describe('createDynamoAppDirectory', () => {
  it('knows nothing of an app that no policy names', async () => {
    expect(await directory().readWebhook('nobody')).toBeNull();
    expect(await directory().findRepositories('nobody', 'https://github.com/acme/shop')).toEqual([]);
  });

  it('finds all policies for one URL, however each writes it, and none for another', async () => {
    const store = policies();
    await store.add(policyOf('shop', 'one', 'https://GitHub.com/acme/shop.git'), [], 0);
    await store.add(policyOf('shop-again', 'one', 'https://github.com/acme/shop/'), [], 0);
    await store.add(policyOf('tools', 'one', 'https://github.com/acme/tools'), [], 0);
    await store.add(createPolicy('by-token', { url: 'https://github.com/acme/shop' }), [], 0);
    expect(await directory().readWebhook('one')).toEqual({ secretRef: 'hook' });
    const find = (url: string) => directory().findRepositories('one', url);
    expect(await find('https://github.com/acme/shop')).toEqual(['shop', 'shop-again']);
    expect(await find('https://github.com/acme/tools')).toEqual(['tools']);
    expect(await find('https://github.com/acme/sho')).toEqual([]);
    expect(await find('https://github.com/acme/Shop')).toEqual([]);
  });

  it('follows a repository to another URL, another app, a token, and out of the policy', async () => {
    const store = policies();
    const url = 'https://github.com/acme/moving';
    await store.add(policyOf('staying', 'two', 'https://github.com/acme/staying'), [], 0);
    await store.add(policyOf('moving', 'two', url), [], 0);
    await store.add(policyOf('moving', 'two', `${url}-on`, 'other-hook'), [], 1);
    expect(await directory().findRepositories('two', url)).toEqual([]);
    expect(await directory().findRepositories('two', `${url}-on`)).toEqual(['moving']);
    expect(await directory().readWebhook('two')).toEqual({ secretRef: 'other-hook' });

    await store.add(policyOf('moving', 'three', url), [], 2);
    expect(await directory().findRepositories('two', `${url}-on`)).toEqual([]);
    expect(await directory().readWebhook('two')).toEqual({ secretRef: 'other-hook' });
    expect(await directory().readWebhook('three')).toEqual({ secretRef: 'hook' });

    await store.add(createPolicy('moving', { url }), [], 3);
    expect(await directory().findRepositories('three', url)).toEqual([]);
    expect(await directory().readWebhook('three')).toBeNull();

    await store.retire('staying');
    expect(await directory().readWebhook('two')).toBeNull();
    await store.add(policyOf('staying', 'two', 'https://github.com/acme/staying', null), [], 0);
    expect(await directory().findRepositories('two', 'https://github.com/acme/staying')).toEqual(['staying']);
    expect(await directory().readWebhook('two')).toBeNull();
  });
});
