import { expect, it } from 'vitest';
import { apiUrlOf } from '../../../shared/forges/api-url.ts';
import type { Provider, RepositoryPolicy } from '../../../shared/model/policy.ts';
import { createPolicy } from '../../support/policies.ts';

it.each<[Provider, string, string | null]>([
  ['github', 'https://github.com/a/b.git', 'https://api.github.com'],
  ['github', 'ssh://git@github.com/a/b.git', 'https://api.github.com'],
  ['github', 'https://ghe.example.com:8443/a/b', 'https://ghe.example.com:8443/api/v3'],
  ['gitlab', 'https://gitlab.com/a/b/c.git', 'https://gitlab.com/api/v4'],
  ['gitlab', 'ssh://git@git.example.com:2222/a/b.git', 'https://git.example.com/api/v4'],
  ['gitlab', 'ssh://git@[::1]:2222/a/b.git', 'https://[::1]/api/v4'],
  ['gitea', 'https://git.example.com/a/b', 'https://git.example.com/api/v1'],
  ['forgejo', 'http://127.0.0.1:3000/a/b', 'http://127.0.0.1:3000/api/v1'],
  ['bitbucket', 'https://bitbucket.org/a/b', null],
  ['generic', 'https://git.example.com/a/b', null],
])('finds the API of %s at %s', (provider, url, expected) => {
  expect(apiUrlOf(createPolicy('shop', { provider, url }))).toBe(expected);
});

it('takes what the policy says, and of an app what it says there', () => {
  const apiUrl = 'https://git.example.com/forge/api/v4';
  const named: Partial<RepositoryPolicy> = { provider: 'gitlab', url: 'https://git.example.com/forge/a/b', apiUrl };
  expect(apiUrlOf(createPolicy('shop', named))).toBe(apiUrl);
  const app = {
    name: 'acme',
    appId: '1',
    privateKey: { secretRef: 'key' },
    webhook: null,
    apiUrl: 'https://ghe/api/v3',
  };
  expect(apiUrlOf(createPolicy('shop', { credentials: { app } }))).toBe('https://ghe/api/v3');
});
