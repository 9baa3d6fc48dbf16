import { describe, expect, it } from 'vitest';
import type { RepositoryPolicy } from '../../../shared/model/policy.ts';
import { acceptAppDelivery, createAppPolicy, createKnownSources } from '../../support/app-deliveries.ts';
import { createBranchPolicy, createPolicy } from '../../support/policies.ts';

const SHOP = 'https://github.com/acme/shop.git';
const POLICIES: readonly RepositoryPolicy[] = [
  createAppPolicy('shop', SHOP),
  createAppPolicy('shop-strict', 'https://GITHUB.com/acme/shop/', 'acme', [createBranchPolicy({ mode: 'all' })]),
  createAppPolicy('shop-next', SHOP, 'acme', [createBranchPolicy({ name: 'next' })]),
  createAppPolicy('tools', 'https://github.com/acme/tools'),
  createAppPolicy('others-shop', SHOP, 'other'),
  createPolicy('by-token', { url: SHOP }),
];

const push = (ref: string, url = SHOP, more = {}) =>
  JSON.stringify({ ref, repository: { clone_url: url, html_url: url.replace(/\.git$/, '') }, ...more });
const hintsAt = (...names: readonly string[]) =>
  names.map((repository) => ({ ref: { repository, branch: 'main' }, delivery: 'push:d1' }));

describe('the webhook of an app', () => {
  it('hints at every repository that this app fetches from the pushed URL, and at no other', async () => {
    const { outcome, hints } = await acceptAppDelivery({ body: push('refs/heads/main') }, POLICIES);
    expect(outcome).toEqual({ status: 'queued', delivery: 'd1' });
    expect(hints).toEqual(hintsAt('shop', 'shop-strict'));
    const tools = push('refs/heads/main', 'https://github.com/acme/tools.git');
    expect((await acceptAppDelivery({ body: tools, secret: 'n3w' }, POLICIES)).hints).toEqual(hintsAt('tools'));
  });

  it('asks for no secret again within a minute, and always for the policies', async () => {
    const known = createKnownSources();
    const body = push('refs/heads/main', 'https://github.com/acme/tools.git');
    await acceptAppDelivery({ body }, POLICIES, [], known);
    const { hints, lookups } = await acceptAppDelivery({ body }, POLICIES, [], known);
    expect(hints).toEqual(hintsAt('tools'));
    expect(lookups).toEqual(['url https://github.com/acme/tools', 'policy tools']);
    const ignored = await acceptAppDelivery({ body: push('refs/heads/x') }, POLICIES, [], known);
    expect(ignored.lookups.filter((lookup) => /^(app|secret) /.test(lookup))).toEqual([]);
  });

  it.each([
    ['another repository', push('refs/heads/main', 'https://github.com/acme/unheard-of'), 'unknown_repository'],
    ['another host', push('refs/heads/main', 'https://github.example/acme/shop'), 'unknown_repository'],
    ['another case of the path', push('refs/heads/main', 'https://github.com/acme/Shop'), 'unknown_repository'],
    ['a branch that nobody guards', push('refs/heads/other'), 'unguarded_branch'],
    ['a tag that nobody guards', push('refs/tags/v1'), 'unguarded_tag'],
  ])('ignores a push to %s', async (_, body, reason) => {
    expect(await acceptAppDelivery({ body }, POLICIES)).toMatchObject({
      outcome: { status: 'ignored', reason },
      hints: [],
    });
  });

  it.each([
    ['ping', 'ping'],
    ['installation', 'not_a_push'],
    ['installation_repositories', 'not_a_push'],
    ['create', 'not_a_push'],
    ['delete', 'not_a_push'],
    ['check_run', 'not_a_push'],
  ])('ignores %s', async (event, reason) => {
    const body = '{"action":"created","repositories":[{"full_name":"acme/shop"}]}';
    const { outcome, hints } = await acceptAppDelivery({ event, body }, POLICIES);
    expect(outcome).toEqual({ status: 'ignored', reason });
    expect(hints).toEqual([]);
  });

  it('believes the policy, and not a directory that was not yet cleared', async () => {
    const stale = ['by-token', 'others-shop', 'tools', 'gone', 'shop'];
    const { hints } = await acceptAppDelivery({ body: push('refs/heads/main') }, POLICIES, stale);
    expect(hints).toEqual(hintsAt('shop', 'shop-strict'));
  });

  it.each([
    ['{"ref":"refs/heads/main"}'],
    ['{"ref":"refs/heads/main","repository":null}'],
    ['{"ref":"refs/heads/main","repository":{"clone_url":"git@github.com:acme/shop.git"}}'],
    ['{"ref":7,"repository":{"clone_url":"https://github.com/acme/shop"}}'],
  ])('refuses %s as malformed', async (body) => {
    expect(await acceptAppDelivery({ body }, POLICIES)).toMatchObject({
      outcome: { code: 'malformed_delivery' },
      hints: [],
    });
  });

  it('refuses a wrong signature, and an app that is not known, alike, and looks up as much for each', async () => {
    const body = push('refs/heads/main');
    const known = await acceptAppDelivery({ body, secret: 'guessed' }, POLICIES);
    const unknown = await acceptAppDelivery({ body, source: 'acmes' }, POLICIES);
    const repository = await acceptAppDelivery({ body, source: 'by-token', secret: 'guessed' }, POLICIES);
    for (const { outcome, hints } of [known, unknown, repository]) {
      expect(outcome).toMatchObject({ code: 'unauthenticated', kind: 'input' });
      expect(outcome).toEqual(known.outcome);
      expect(hints).toEqual([]);
    }
    expect(known.lookups).toEqual(['policy acme', 'app acme', 'secret hook:webhook']);
    expect(unknown.lookups).toEqual(['policy acmes', 'app acmes', 'secret acmes:webhook']);
    expect(repository.lookups).toEqual(['policy by-token', 'app by-token', 'secret webhook:webhook']);
  });

  it('lets no app tell of a repository by the address of that repository', async () => {
    const body = push('refs/heads/main');
    expect(await acceptAppDelivery({ body, source: 'shop' }, POLICIES)).toMatchObject({
      outcome: { code: 'unauthenticated' },
    });
  });
});
