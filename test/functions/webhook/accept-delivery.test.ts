import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  type AcceptDeliveryServices,
  acceptDelivery,
  KNOWN_SOURCES,
} from '../../../functions/webhook/accept-delivery.ts';
import type { DeliveryHeaders } from '../../../shared/forges/delivery.ts';
import { HeadlockError } from '../../../shared/model/headlock-error.ts';
import type { BranchPolicy, RepositoryPolicy } from '../../../shared/model/policy.ts';
import type { DecisionHint } from '../../../shared/queue/decision-queue.ts';
import { createKnownSources } from '../../support/app-deliveries.ts';
import { captureLog } from '../../support/captured-log.ts';
import { createPolicy } from '../../support/policies.ts';

const BODY = '{"ref":"refs/heads/main","marker":"b0dy"}';
const HEADERS = { 'x-github-event': 'push', 'x-github-delivery': 'd3livery' };
const signatureOf = (body: string) => `sha256=${createHmac('sha256', 's3cr3t').update(body).digest('hex')}`;

type Open = AcceptDeliveryServices['vault']['open'];

async function accept(
  policy: RepositoryPolicy | null | Error,
  open: Open,
  source = 'payments',
  delivery = 'd3livery',
  body = BODY,
  known = createKnownSources(),
  more: DeliveryHeaders = {},
) {
  const { log, entries } = captureLog();
  const hints: DecisionHint[] = [];
  const opened: string[] = [];
  const counts: unknown[] = [];
  const accepting = acceptDelivery(
    {
      log,
      count: (provider, outcome) => void counts.push([provider, outcome]),
      known,
      policies: {
        async readPolicy() {
          if (policy instanceof Error) throw policy;
          return policy && { version: 1, policy };
        },
      },
      apps: { readWebhook: async () => null, findRepositories: async () => [] },
      vault: {
        open: (name, purpose) => {
          opened.push(`${name}:${purpose}`);
          return open(name, purpose);
        },
      },
      queue: { send: async (hint) => void hints.push(hint) },
      now: () => new Date(),
    },
    {
      source,
      headers: {
        ...{ ...HEADERS, 'x-event-key': 'repo:refs_changed', 'x-github-delivery': delivery },
        ...{ 'x-hub-signature': signatureOf(body), 'x-hub-signature-256': signatureOf(body) },
        ...more,
      },
      rawBody: Buffer.from(body),
    },
  );
  const outcome = await accepting.catch((error: unknown) => error);
  return { outcome, hints, opened, entries, counts };
}

const hasSecret: Open = async () => ['s3cr3t'];
const hasNone: Open = async () => null;

describe('acceptDelivery', () => {
  it('counts every delivery once, by what came of it', async () => {
    const policy = createPolicy('payments');
    const counted = async (...args: Parameters<typeof accept>) => (await accept(...args)).counts;
    expect(await counted(policy, hasSecret)).toEqual([['github', 'queued']]);
    expect(await counted({ ...policy, branches: [] }, hasSecret)).toEqual([['github', 'ignored']]);
    expect(await counted(policy, async () => ['other'])).toEqual([['github', 'unauthenticated']]);
    expect(await counted(null, hasSecret)).toEqual([[null, 'unauthenticated']]);
    expect(await counted(policy, hasSecret, 'payments', 'd', '{')).toEqual([['github', 'malformed_delivery']]);
    expect(await counted(policy, () => Promise.reject(new Error('KMS is away.')))).toEqual([['github', 'failed']]);
    // Whose it is was not to be found out.
    expect(await counted(new Error('DynamoDB is away.'), hasSecret)).toEqual([[null, 'failed']]);
  });

  it('logs the source and the kind of a refusal, and nothing that was sent (rule 7.3)', async () => {
    for (const [policy, open, level, message] of [
      [null, hasSecret, 'warn', 'unknown source'],
      [createPolicy('payments'), async () => ['other'], 'warn', 'wrong signature'],
      [createPolicy('payments'), hasNone, 'error', 'headlock secret set'],
      [createPolicy('payments', { webhook: null }), hasSecret, 'error', 'headlock secret set'],
    ] as const) {
      const { outcome, hints, entries } = await accept(policy, open);
      expect(outcome).toMatchObject({ code: 'unauthenticated', kind: 'input' });
      expect(hints).toEqual([]);
      expect(entries).toEqual([{ level, message: expect.stringContaining(message), fields: { source: 'payments' } }]);
    }
  });

  it('refuses, as a fault of the installation, where a secret cannot be opened', async () => {
    const error = new HeadlockError('unreadable_secret', 'It cannot be opened.', { kind: 'configuration' });
    const { outcome, entries } = await accept(createPolicy('payments'), () => Promise.reject(error));
    expect(outcome).toMatchObject({ code: 'unauthenticated' });
    expect(entries.map((entry) => entry.level)).toEqual(['error', 'error']);
  });

  it('is not done where AWS fails: the forge sees an error, and the sweep finds the push', async () => {
    const fault = new Error('KMS is away.');
    expect(await accept(createPolicy('payments'), () => Promise.reject(fault))).toMatchObject({
      outcome: fault,
      hints: [],
    });
  });

  it('looks up one secret whether the source is known or not', async () => {
    expect((await accept(createPolicy('payments'), hasSecret)).opened).toEqual(['webhook:webhook']);
    expect((await accept(null, hasSecret)).opened).toEqual(['payments:webhook']);
    expect((await accept(null, hasSecret, 'no:name')).opened).toEqual([]);
  });

  it('lets no delivery pass for a sweep or an apply, whose hints it would silence (rule 5.2)', async () => {
    for (const id of ['sweep:2026-06-01T00:05:00Z', 'apply:8']) {
      const { outcome, hints } = await accept(createPolicy('payments'), hasSecret, 'payments', id);
      expect(outcome).toEqual({ status: 'queued', delivery: id });
      expect(hints.map(({ delivery }) => delivery)).toEqual([`push:${id}`]);
    }
  });

  it('hints at all guarded tags for the push of one, and at none for another (trust rule 4.9)', async () => {
    const tags = [{ pattern: 'v*', verify: 'tag', keyTime: 'first-seen' }] as const;
    const push = (ref: string) =>
      accept(createPolicy('payments', { tags }), hasSecret, 'payments', 'd', JSON.stringify({ ref }));
    expect(await push('refs/tags/v1')).toMatchObject({
      outcome: { status: 'queued' },
      hints: [{ ref: { repository: 'payments', branch: 'refs/tags' }, delivery: 'push:d' }],
    });
    expect(await push('refs/tags/nightly')).toMatchObject({
      outcome: { status: 'ignored', reason: 'unguarded_tag' },
      hints: [],
    });
    // A branch of that name is none of the tags.
    expect(await push('refs/heads/refs/tags')).toMatchObject({ outcome: { reason: 'unguarded_branch' }, hints: [] });
  });

  it('hints once at each guarded branch of a push of many refs', async () => {
    const [main, release] = ['main', 'release'].map((name) => ({ ...createPolicy('payments').branches[0], name }));
    const policy = createPolicy('payments', { provider: 'bitbucket', branches: [main, release] as BranchPolicy[] });
    const names = ['main', 'main', 'other', ...Array.from({ length: 3_000 }, (_, n) => `b${n}`), 'release'];
    const body = JSON.stringify({ changes: names.map((name) => ({ ref: { id: `refs/heads/${name}` } })) });
    const { outcome, hints } = await accept(policy, hasSecret, 'payments', 'd', body);
    expect(outcome).toMatchObject({ status: 'queued' });
    expect(hints.map(({ ref }) => ref.branch)).toEqual(['main', 'release']);
  });

  it('writes no line feed of a source to the log', async () => {
    const { entries } = await accept(null, hasNone, 'a\n{"level":"INFO"}');
    expect(String(entries[0]?.fields.source)).not.toContain('\n');
  });
});

describe('what is remembered of a source', () => {
  const policy = createPolicy('payments');
  const clock = { ahead: 0 };
  /** Accepts deliveries one after the other, as one execution environment does. */
  const remembering = (known = createKnownSources(() => Date.now() + clock.ahead)) => {
    const push = (of: RepositoryPolicy | null, open: Open, body = BODY) =>
      accept(of, open, 'payments', 'd', body, known);
    return { push, known };
  };

  it('saves the next delivery all reads', async () => {
    const { push } = remembering();
    await push(policy, hasSecret);
    const { outcome, hints, opened, counts } = await push(null, hasNone);
    expect(outcome).toEqual({ status: 'queued', delivery: 'd' });
    expect([hints.length, opened, counts]).toEqual([1, [], [['github', 'queued']]]);
  });

  it('ends after a minute, so that a secret that was taken away opens nothing any more', async () => {
    const { push } = remembering();
    await push(policy, hasSecret);
    clock.ahead = KNOWN_SOURCES.lifetimeMs;
    expect(await push(policy, async () => ['n3w'])).toMatchObject({ outcome: { code: 'unauthenticated' }, hints: [] });
    clock.ahead = 0;
  });

  it('refuses nothing: a new secret and a new policy count at once', async () => {
    const { push } = remembering();
    await push(policy, async () => ['former']);
    await push(createPolicy('payments', { branches: [] }), hasSecret);
    const { outcome, hints, counts } = await push(policy, hasSecret);
    expect(outcome).toMatchObject({ status: 'queued' });
    expect([hints.length, counts]).toEqual([1, [['github', 'queued']]]);
  });

  it('refuses nothing where another forge sends now, whose deliveries read otherwise', async () => {
    const { push, known } = remembering();
    const former = createPolicy('payments', { provider: 'gitea' });
    await accept(former, hasSecret, 'payments', 'd', BODY, known, { 'x-gitea-event': 'push' });
    expect(known.get('payments')).toMatchObject({ source: { policy: former } });
    const { outcome, hints, counts } = await push(policy, hasSecret);
    expect(outcome).toMatchObject({ status: 'queued' });
    expect([hints.length, counts]).toEqual([1, [['github', 'queued']]]);
  });

  it('hides no branch and no tag that is guarded since, where one push tells of several', async () => {
    const { known } = remembering();
    const tags = [{ pattern: 'v*', verify: 'tag', keyTime: 'first-seen' }] as const;
    const [main, release] = ['main', 'release'].map((name) => ({ ...policy.branches[0], name })) as BranchPolicy[];
    const before = createPolicy('payments', { provider: 'bitbucket', branches: [main as BranchPolicy] });
    const push = async (of: RepositoryPolicy, ...names: readonly string[]) => {
      const body = JSON.stringify({ changes: names.map((id) => ({ ref: { id } })) });
      const { hints, opened } = await accept(of, hasSecret, 'payments', 'd', body, known);
      return [...hints.map(({ ref }) => ref.branch), ...opened];
    };
    await push(before, 'refs/heads/main');
    const after = { ...before, branches: [main, release] as BranchPolicy[], tags };
    const refs = ['refs/heads/main', 'refs/heads/release', 'refs/tags/v1'];
    expect(await push(after, ...refs)).toEqual(['main', 'release', 'refs/tags', 'webhook:webhook']);
    // And now that it is known, all of them cost nothing.
    expect(await push(after, ...refs)).toEqual(['main', 'release', 'refs/tags']);
  });

  it('is forgotten where it opens nothing any more', async () => {
    const { push, known } = remembering();
    await push(policy, hasSecret);
    const { outcome } = await push(policy, async () => ['n3w'], '{"ref":"refs/heads/x"}');
    expect(outcome).toMatchObject({ code: 'unauthenticated' });
    expect(known.get('payments')).toBeNull();
  });

  it('is of no use to whoever has no secret, and lets them find out nothing: as much is asked as ever', async () => {
    const { push, known } = remembering();
    await push(policy, async () => ['0ther']);
    expect(known.get('payments')).toBeNull();
    known.set('payments', { source: { kind: 'repository', policy }, secrets: ['0ther'] }, Date.now());
    const { outcome, opened } = await push(policy, async () => ['0ther']);
    expect(outcome).toMatchObject({ code: 'unauthenticated' });
    expect(opened).toEqual(['webhook:webhook']);
  });

  it('counts what is refused and what fails once', async () => {
    const { push } = remembering();
    await push(policy, hasSecret);
    expect((await push(policy, hasSecret, '{')).counts).toEqual([['github', 'malformed_delivery']]);
    expect((await push(policy, hasSecret, '{"ref":"refs/heads/x"}')).counts).toEqual([['github', 'ignored']]);
  });
});
