import { describe, expect, it } from 'vitest';
import { createStatusRequest } from '../../../shared/forges/status-request.ts';
import type { CommitStatus } from '../../../shared/model/commit-status.ts';
import type { RepositoryPolicy } from '../../../shared/model/policy.ts';
import { createPolicy } from '../../support/policies.ts';
import { oidOf } from '../../support/small-history.ts';

const FAILURE: CommitStatus = { commit: oidOf('c'), state: 'failure', description: 'Locked: unsigned.' };
const SSH = { sshKey: { secretRef: 'key' }, passphrase: null, knownHosts: '' };

function create(changes: Partial<RepositoryPolicy>, token = 't0ken') {
  const { url, headers, body } = createStatusRequest(createPolicy('shop', changes), 'release/1', FAILURE, token);
  return { url: url.href, headers, body: JSON.parse(body) };
}

describe('createStatusRequest', () => {
  it('calls GitHub', () => {
    expect(create({ url: 'https://github.com/acme/shop.git' })).toEqual({
      url: `https://api.github.com/repos/acme/shop/statuses/${oidOf('c')}`,
      headers: {
        accept: 'application/vnd.github+json',
        'content-type': 'application/json',
        'x-github-api-version': '2022-11-28',
        authorization: 'Bearer t0ken',
      },
      body: {
        state: 'failure',
        context: 'headlock/verified',
        description: 'Locked: unsigned.',
        target_url: 'https://headlock.example.com/test',
      },
    });
  });

  it('calls GitLab, of the branch', () => {
    expect(create({ provider: 'gitlab', url: 'https://gitlab.com/acme/web/shop.git' })).toEqual({
      url: `https://gitlab.com/api/v4/projects/acme%2Fweb%2Fshop/statuses/${oidOf('c')}`,
      headers: { accept: 'application/json', 'content-type': 'application/json', 'private-token': 't0ken' },
      body: {
        state: 'failed',
        name: 'headlock/verified',
        ref: 'release/1',
        description: 'Locked: unsigned.',
        target_url: 'https://headlock.example.com/test',
      },
    });
  });

  it.each(['gitea', 'forgejo'] as const)('calls %s', (provider) => {
    expect(create({ provider, url: 'https://git.example.com/acme/shop' })).toMatchObject({
      url: `https://git.example.com/api/v1/repos/acme/shop/statuses/${oidOf('c')}`,
      headers: { authorization: 'token t0ken' },
      body: { state: 'failure', context: 'headlock/verified' },
    });
  });

  it.each<[string, Partial<RepositoryPolicy>, string]>([
    [
      'a GitHub Enterprise Server',
      { url: 'https://git.example.com/acme/shop.git' },
      'https://git.example.com/api/v3/repos/acme/shop',
    ],
    ['SSH', { url: 'ssh://git@github.com/acme/shop.git', credentials: SSH }, 'https://api.github.com/repos/acme/shop'],
    [
      'a GitLab below a path of its host',
      {
        provider: 'gitlab',
        url: 'https://example.com/gitlab/acme/shop.git',
        apiUrl: 'https://example.com/gitlab/api/v4',
      },
      'https://example.com/gitlab/api/v4/projects/acme%2Fshop',
    ],
    [
      'a Gitea below a path of its host',
      { provider: 'gitea', url: 'https://example.com/git/acme/shop.git/', apiUrl: 'https://example.com/git/api/v1' },
      'https://example.com/git/api/v1/repos/acme/shop',
    ],
    [
      'letters that a URL encodes, once',
      { provider: 'gitlab', url: 'https://example.com/acme/sh%C3%B6p.git' },
      'https://example.com/api/v4/projects/acme%2Fsh%C3%B6p',
    ],
  ])('finds the repository at %s', (_, changes, address) => {
    expect(create(changes).url).toBe(`${address}/statuses/${oidOf('c')}`);
  });

  it.each([
    ['is no address of a page', 'urn:headlock:production'],
    ['is longer than GitLab takes', `https://headlock.example.com/${'x'.repeat(255)}`],
  ])('links nowhere where the name of the installation %s', (_, verifier) => {
    expect(create({ url: 'https://github.com/acme/shop.git', verifier }).body).not.toHaveProperty('target_url');
  });

  it.each<[string, Partial<RepositoryPolicy>, string?]>([
    ['a forge without such an API', { provider: 'generic' }],
    ['a forge that Headlock does not tell', { provider: 'bitbucket' }],
    ['a URL without an owner', { url: 'https://github.com/shop.git' }],
    ['a URL with more than an owner', { url: 'https://github.com/acme/web/shop.git' }],
    ['a URL that does not decode', { provider: 'gitlab', url: 'https://gitlab.com/acme/%zz' }],
    ['a token with a line feed', {}, 't0ken\n'],
    ['a token that would be two headers', {}, 't0ken\r\nx: y'],
  ])('refuses %s, without the token', (_, changes, token = 't0ken') => {
    expect(() => create({ url: 'https://github.com/acme/shop.git', ...changes }, token)).toThrow(
      expect.objectContaining({ kind: 'configuration', message: expect.not.stringContaining('t0ken') }),
    );
  });
});
