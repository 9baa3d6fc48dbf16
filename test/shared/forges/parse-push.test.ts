import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePush } from '../../../shared/forges/parse-push.ts';
import { HeadlockError } from '../../../shared/model/headlock-error.ts';
import { PROVIDERS } from '../../../shared/model/policy.ts';

const GITHUB = { 'x-github-event': 'push', 'x-github-delivery': 'delivery-1', 'content-type': 'application/json' };
const GITEA = { 'x-gitea-event': 'push', 'x-gitea-delivery': 'delivery-3' };
const FORGEJO = { 'x-forgejo-event': 'push', 'x-forgejo-delivery': 'delivery-4' };
const CLOUD = { 'x-event-key': 'repo:push', 'x-request-uuid': 'delivery-5' };
const SERVER = { 'x-event-key': 'repo:refs_changed', 'x-request-id': 'delivery-6' };
const GITLAB = { 'x-gitlab-event': 'Push Hook', 'idempotency-key': 'delivery-2' };
const MAIN_BRANCH = { kind: 'branch', branch: 'main' };
const bodyOf = (value: unknown) => Buffer.from(JSON.stringify(value));
const MAIN = bodyOf({
  ref: 'refs/heads/main',
  before: 'a'.repeat(40),
  after: 'b'.repeat(40),
  deleted: false,
  repository: { id: 1, full_name: 'someone/else', owner: { login: 'someone' } },
  commits: [{ id: 'b'.repeat(40), author: { name: 'Alice' } }],
});

describe('parsePush', () => {
  it.each([
    ['github', GITHUB, 'delivery-1'],
    ['generic', GITHUB, 'delivery-1'],
    ['gitea', GITEA, 'delivery-3'],
    ['forgejo', FORGEJO, 'delivery-4'],
    ['generic', {}, `sha256:${createHash('sha256').update(MAIN).digest('hex')}`],
    ['gitlab', GITLAB, 'delivery-2'],
    ['gitlab', { 'x-gitlab-event': 'Push Hook' }, `sha256:${createHash('sha256').update(MAIN).digest('hex')}`],
  ] as const)("reads branch and delivery of %s's push, and nothing else", (provider, headers, deliveryId) => {
    const pushed = { kind: 'push', refs: [MAIN_BRANCH], repositoryUrls: [], deliveryId };
    expect(parsePush(provider, headers, MAIN)).toEqual(pushed);
  });

  it("reads every branch and tag of Bitbucket Cloud's push, those that are gone as well", () => {
    const [main, gone] = [
      { type: 'branch', name: 'main' },
      { type: 'branch', name: 'feature/x' },
    ];
    const changes = [
      { new: main, old: main },
      { new: null, old: gone },
      { new: { type: 'tag', name: 'v1' }, old: null },
    ];
    expect(parsePush('bitbucket', CLOUD, bodyOf({ actor: {}, push: { changes } }))).toEqual({
      kind: 'push',
      refs: [MAIN_BRANCH, { kind: 'branch', branch: 'feature/x' }, { kind: 'tag', tag: 'v1' }],
      repositoryUrls: [],
      deliveryId: 'delivery-5',
    });
  });

  it.each([
    'repo:refs_changed',
    'mirror:repo_synchronized',
  ])("reads every ref of Bitbucket Data Center's %s", (event) => {
    const changes = ['refs/heads/main', 'refs/tags/v1'].map((id) => ({ ref: { id, type: 'ANY' }, type: 'UPDATE' }));
    const pushed = parsePush('bitbucket', { ...SERVER, 'x-event-key': event }, bodyOf({ changes }));
    expect(pushed).toMatchObject({ kind: 'push', refs: [MAIN_BRANCH, { kind: 'tag', tag: 'v1' }] });
  });

  it('reads a push of 3,000 refs, and refuses one of more than any repository has', () => {
    const push = (count: number) => {
      const changes = Array.from({ length: count }, (_, n) => ({ ref: { id: `refs/heads/b${n}` } }));
      return parsePush('bitbucket', SERVER, bodyOf({ changes }));
    };
    expect(push(3_000)).toMatchObject({ refs: { length: 3_000 } });
    expect(() => push(10_001)).toThrow(expect.objectContaining({ code: 'malformed_delivery' }));
  });

  it.each([
    ['no push', CLOUD, {}],
    ['changes that are no list', CLOUD, { push: { changes: {} } }],
    ['a change that is null', CLOUD, { push: { changes: [null] } }],
    ['a change of nothing', CLOUD, { push: { changes: [{ new: null, old: null }] } }],
    ['a name that is a number', CLOUD, { push: { changes: [{ new: { name: 7 } }] } }],
    ['no changes', SERVER, {}],
    ['a ref that is a text', SERVER, { changes: [{ ref: 'refs/heads/main' }] }],
  ])('refuses %s of Bitbucket', (_, headers, body) => {
    expect(() => parsePush('bitbucket', headers, bodyOf(body))).toThrow(
      expect.objectContaining({ code: 'malformed_delivery' }),
    );
  });

  it.each([
    [{ clone_url: 'https://GitHub.com/a/b.git', html_url: 'https://github.com/a/b' }, ['https://github.com/a/b']],
    [
      { clone_url: 'https://one.example/a/b.git', html_url: 'https://two.example/a/b' },
      ['https://one.example/a/b', 'https://two.example/a/b'],
    ],
    [{ clone_url: 7, html_url: ['https://github.com/a/b'], ssh_url: 'git@github.com:a/b.git' }, []],
    ['https://github.com/a/b', []],
    [null, []],
  ])('reads of the repository %j its addresses over http', (repository, repositoryUrls) => {
    const push = bodyOf({ ref: 'refs/heads/main', repository });
    expect(parsePush('github', GITHUB, push)).toMatchObject({ repositoryUrls });
  });

  it('hints at a deleted branch as at any other: the forge itself is asked', () => {
    const deleted = bodyOf({ ref: 'refs/heads/feature/x', deleted: true, after: '0'.repeat(40) });
    expect(parsePush('github', GITHUB, deleted)).toMatchObject({ refs: [{ branch: 'feature/x' }] });
  });

  it.each([
    ['github', GITHUB],
    ['generic', {}],
    ['gitlab', { ...GITLAB, 'x-gitlab-event': 'Tag Push Hook' }],
  ] as const)("reads the tag of %s's push (trust rule 4.9)", (provider, headers) => {
    const pushed = parsePush(provider, headers, bodyOf({ ref: 'refs/tags/release/v1' }));
    expect(pushed).toMatchObject({ kind: 'push', refs: [{ kind: 'tag', tag: 'release/v1' }] });
  });

  it.each([
    ['a ping', 'github', { 'x-github-event': 'ping' }, { zen: 'Keep it logically awesome.' }, 'ping'],
    ["Bitbucket's test of a connection", 'bitbucket', { 'x-event-key': 'diagnostics:ping' }, { test: true }, 'ping'],
    ['a push that changes nothing', 'bitbucket', SERVER, { changes: [] }, 'not_a_branch'],
    ['an event that is no push', 'github', { 'x-github-event': 'issues' }, {}, 'not_a_push'],
    ['an event named like a property of every object', 'github', { 'x-github-event': 'constructor' }, {}, 'not_a_push'],
    ["GitLab's merge request", 'gitlab', { 'x-gitlab-event': 'Merge Request Hook' }, {}, 'not_a_push'],
    ['a tag with no legal name', 'github', GITHUB, { ref: 'refs/tags/v1:x' }, 'not_a_branch'],
    ['a note', 'github', GITHUB, { ref: 'refs/notes/commits' }, 'not_a_branch'],
    ['a bare name', 'github', GITHUB, { ref: 'main' }, 'not_a_branch'],
    ['a name that could leave its key', 'github', GITHUB, { ref: 'refs/heads/main:x' }, 'not_a_branch'],
    ['a name of a megabyte', 'github', GITHUB, { ref: `refs/heads/${'x'.repeat(1_000_000)}` }, 'not_a_branch'],
  ] as const)('ignores %s', (_, provider, headers, body, reason) => {
    expect(parsePush(provider, headers, bodyOf(body))).toEqual({ kind: 'ignored', reason });
  });

  it.each([
    ['broken JSON', '{"ref":"refs/heads/ma'],
    ['an empty body', ''],
    ['no object', '"refs/heads/main"'],
    ['an array', '[{"ref":"refs/heads/main"}]'],
    ['null', 'null'],
    ['no ref', '{"reff":"refs/heads/main"}'],
    ['a ref that is a number', '{"ref":7}'],
    ['a ref that is an object', '{"ref":{"toString":"refs/heads/main"}}'],
    ['a ref that only the prototype has', '{"__proto__":{"ref":"refs/heads/main"}}'],
    ['a byte order mark', '\ufeff{"ref":"refs/heads/main"}'],
  ])('refuses %s, without quoting it', (_, body) => {
    const parsing = () => parsePush('github', GITHUB, Buffer.from(body));
    expect(parsing).toThrow(expect.objectContaining({ code: 'malformed_delivery', kind: 'input', cause: undefined }));
    expect(parsing).not.toThrow(/refs\/heads/);
  });

  it('refuses bytes that are no UTF-8', () => {
    const body = Buffer.concat([Buffer.from('{"ref":"refs/heads/'), Buffer.from([0xff]), Buffer.from('"}')]);
    expect(() => parsePush('github', GITHUB, body)).toThrow(expect.objectContaining({ code: 'malformed_delivery' }));
  });

  it('refuses a delivery that names no event, where its forge always names one', () => {
    expect(() => parsePush('github', {}, MAIN)).toThrow('x-github-event');
    expect(() => parsePush('gitlab', GITHUB, MAIN)).toThrow('x-gitlab-event');
  });

  it('names the setting to change where GitHub sends a form', () => {
    const headers = { ...GITHUB, 'content-type': 'application/x-www-form-urlencoded' };
    const parsing = () => parsePush('github', headers, Buffer.from('payload=%7B%7D'));
    expect(parsing).toThrow(expect.objectContaining({ code: 'form_encoded_delivery' }));
    expect(parsing).toThrow('Content type');
  });

  it.each(['', ' ', 'x'.repeat(129), 'line\nfeed', 'ünïcode'])('makes its own id where the forge sent %j', (header) => {
    const outcome = parsePush('github', { ...GITHUB, 'x-github-delivery': header }, MAIN);
    expect(outcome).toMatchObject({ deliveryId: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) });
  });

  it('is not hurt by five megabytes of brackets, of digits or of names: the square of that would end no test', () => {
    const brackets = Buffer.from(`{"ref":${'['.repeat(2_500_000)}${']'.repeat(2_500_000)}}`);
    expect(() => parsePush('github', GITHUB, brackets)).toThrow('nests deeper than 64 levels');
    const digits = Buffer.from(`{"size":${'9'.repeat(5_000_000)},"ref":"refs/heads/main"}`);
    expect(parsePush('github', GITHUB, digits)).toMatchObject({ refs: [MAIN_BRANCH] });
    const names = Array.from({ length: 400_000 }, (_, i) => `"${i}":1`);
    expect(parsePush('github', GITHUB, Buffer.from(`{${names.join()},"ref":"refs/heads/main"}`))).toMatchObject({
      refs: [MAIN_BRANCH],
    });
  });

  it('counts no brackets inside of text', () => {
    const body = bodyOf({ message: `\\"${'['.repeat(100)}\\`, deep: '{"'.repeat(100), ref: 'refs/heads/main' });
    expect(parsePush('github', GITHUB, body)).toMatchObject({ refs: [MAIN_BRANCH] });
  });

  it('throws nothing but its own errors, whatever stands anywhere', async () => {
    const provider = fc.constantFrom(...PROVIDERS);
    const headers = fc.record(
      {
        'x-github-event': fc.oneof(fc.constant('push'), fc.string()),
        'x-gitlab-event': fc.oneof(fc.constant('Push Hook'), fc.string()),
        'x-gitea-event': fc.constant('push'),
        'x-forgejo-event': fc.constant('push'),
        'x-event-key': fc.constantFrom('repo:push', 'repo:refs_changed', 'pr:opened'),
        'x-github-delivery': fc.string(),
        'content-type': fc.string(),
      },
      { requiredKeys: [] },
    );
    const ref = fc.oneof(
      fc.string().map((name) => `refs/heads/${name}`),
      fc.jsonValue(),
    );
    const change = fc.record({ ref: fc.jsonValue(), new: fc.jsonValue(), old: fc.jsonValue() }, { requiredKeys: [] });
    const changes = fc.oneof(fc.array(change), fc.jsonValue());
    const push = fc.oneof(fc.record({ changes }), fc.jsonValue());
    const payload = fc.record(
      { changes, push, ref, deleted: fc.jsonValue(), repository: fc.jsonValue() },
      { requiredKeys: [] },
    );
    const body = fc.oneof(fc.uint8Array(), fc.json().map(Buffer.from), payload.map(bodyOf));
    await fc.assert(
      fc.property(provider, headers, body, (from, given, bytes) => {
        try {
          const outcome = parsePush(from, given, Buffer.from(bytes));
          expect(['push', 'ignored']).toContain(outcome.kind);
        } catch (error) {
          expect(error).toBeInstanceOf(HeadlockError);
          expect(error).toMatchObject({ kind: 'input' });
        }
      }),
      { numRuns: 500 },
    );
  });
});
