import { createHmac } from 'node:crypto';
import * as fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { authenticateDelivery as authenticateAt } from '../../../shared/forges/authenticate-delivery.ts';
import type { DeliveryHeaders } from '../../../shared/forges/delivery.ts';
import type { Provider } from '../../../shared/model/policy.ts';

const NOW = Date.UTC(2026, 10, 22);
const authenticateDelivery = (provider: Provider, headers: DeliveryHeaders, body: Buffer, secrets: readonly string[]) =>
  authenticateAt(provider, headers, body, secrets, NOW);
const BODY = Buffer.from('{"ref":"refs/heads/main"}');
const signed = (body: Uint8Array, secret: string) => ({
  'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
});

describe.each(['github', 'gitea', 'forgejo', 'generic'] as const)('authenticateDelivery of %s', (provider) => {
  it("accepts GitHub's own example", async () => {
    const headers = {
      'x-hub-signature-256': 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
    };
    const body = Buffer.from('Hello, World!');
    expect(await authenticateDelivery(provider, headers, body, ["It's a Secret to Everybody"])).toBe(true);
    expect(await authenticateDelivery(provider, headers, body, ["It's a secret to everybody"])).toBe(false);
  });

  it('accepts either secret while they rotate, and none of others', async () => {
    expect(await authenticateDelivery(provider, signed(BODY, 'old'), BODY, ['new', 'old'])).toBe(true);
    expect(await authenticateDelivery(provider, signed(BODY, 'new'), BODY, ['new', 'old'])).toBe(true);
    expect(await authenticateDelivery(provider, signed(BODY, 'older'), BODY, ['new', 'old'])).toBe(false);
    expect(await authenticateDelivery(provider, signed(BODY, 'any'), BODY, [])).toBe(false);
  });

  it('accepts any text that was signed, and refuses it with one bit changed', async () => {
    const texts = fc.string({ unit: 'binary', minLength: 1, maxLength: 100 }).map((text) => Buffer.from(text, 'utf8'));
    await fc.assert(
      fc.asyncProperty(texts, fc.nat(), async (body, position) => {
        expect(await authenticateDelivery(provider, signed(body, 'key'), body, ['key'])).toBe(true);
        const changed = Buffer.from(body);
        const index = position % body.length;
        changed[index] = (changed[index] ?? 0) ^ 1;
        expect(await authenticateDelivery(provider, signed(body, 'key'), changed, ['key'])).toBe(false);
      }),
    );
  });

  it.each([
    ['no signature', {}],
    ['an empty signature', { 'x-hub-signature-256': '' }],
    ['the signature of SHA-1', { 'x-hub-signature': `sha1=${createHmac('sha1', 'key').update(BODY).digest('hex')}` }],
    ['a signature without its scheme', { 'x-hub-signature-256': signed(BODY, 'key')['x-hub-signature-256'].slice(7) }],
    ['a signature cut short', { 'x-hub-signature-256': signed(BODY, 'key')['x-hub-signature-256'].slice(0, -1) }],
    ['a signature sent twice', { 'x-hub-signature-256': `${signed(BODY, 'key')['x-hub-signature-256']},x` }],
  ])('refuses %s', async (_, headers) => {
    expect(await authenticateDelivery(provider, headers, BODY, ['key'])).toBe(false);
  });

  it('refuses bytes that are no UTF-8, also where their replacement was signed', async () => {
    const body = Buffer.from([0x7b, 0xff, 0x7d]);
    expect(await authenticateDelivery(provider, signed(body, 'key'), body, ['key'])).toBe(false);
    const replaced = Buffer.from(body.toString('utf8'));
    expect(await authenticateDelivery(provider, signed(replaced, 'key'), body, ['key'])).toBe(false);
  });

  it('keeps a byte order mark, which decoders like to drop', async () => {
    const body = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), BODY]);
    expect(await authenticateDelivery(provider, signed(body, 'key'), body, ['key'])).toBe(true);
    expect(await authenticateDelivery(provider, signed(BODY, 'key'), body, ['key'])).toBe(false);
  });

  it('never accepts an empty secret or an empty body', async () => {
    expect(await authenticateDelivery(provider, signed(BODY, ''), BODY, [''])).toBe(false);
    expect(await authenticateDelivery(provider, signed(Buffer.alloc(0), 'key'), Buffer.alloc(0), ['key'])).toBe(false);
  });
});

describe('authenticateDelivery of gitlab', () => {
  const authenticate = (token: string | undefined, secrets: readonly string[]) =>
    authenticateDelivery('gitlab', { 'x-gitlab-token': token }, BODY, secrets);

  it('accepts either token while they rotate, and no other', async () => {
    expect(await authenticate('new', ['new', 'old'])).toBe(true);
    expect(await authenticate('old', ['new', 'old'])).toBe(true);
    expect(await authenticate('olde', ['new', 'old'])).toBe(false);
    expect(await authenticate('', ['new', ''])).toBe(false);
    expect(await authenticate(undefined, ['new', ''])).toBe(false);
  });

  it("does not take GitHub's signature instead", async () => {
    expect(await authenticateDelivery('gitlab', signed(BODY, 'key'), BODY, ['key'])).toBe(false);
  });
});

it("accepts Bitbucket's signature, which has a header of its own", async () => {
  const headers = { 'x-hub-signature': signed(BODY, 'key')['x-hub-signature-256'] };
  expect(await authenticateDelivery('bitbucket', headers, BODY, ['key'])).toBe(true);
  expect(await authenticateDelivery('bitbucket', headers, BODY, ['other'])).toBe(false);
  expect(await authenticateDelivery('bitbucket', signed(BODY, 'key'), BODY, ['key'])).toBe(false);
});

describe.each([
  'gitlab',
  'generic',
] as const)('authenticateDelivery of %s with a signing key (Standard Webhooks)', (provider) => {
  const KEY = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  const OTHER = `whsec_${Buffer.alloc(32, 8).toString('base64')}`;
  const sign = (key: string, at = NOW, body: Buffer = BODY, id = 'msg_1') => ({
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at / 1000)),
    'webhook-signature': new Webhook(key).sign(id, new Date(at), body.toString()),
  });
  const accepts = (headers: DeliveryHeaders, secrets: readonly string[] = [KEY], body = BODY) =>
    authenticateDelivery(provider, headers, body, secrets);

  it('accepts what the reference implementation signs, by either key while they rotate', async () => {
    expect(await accepts(sign(KEY))).toBe(true);
    expect(await accepts(sign(OTHER), [KEY, OTHER])).toBe(true);
    expect(await accepts(sign(OTHER))).toBe(false);
    const both = `${sign(OTHER)['webhook-signature']} ${sign(KEY)['webhook-signature']}`;
    expect(await accepts({ ...sign(KEY), 'webhook-signature': both })).toBe(true);
  });

  it.each([
    ['another body', sign(KEY, NOW, Buffer.from('{}'))],
    ['another id', { ...sign(KEY), 'webhook-id': 'msg_2' }],
    ['another time', { ...sign(KEY), 'webhook-timestamp': String(NOW / 1000 + 1) }],
    ['no time', { ...sign(KEY), 'webhook-timestamp': undefined }],
    ['a time that is none', { ...sign(KEY), 'webhook-timestamp': 'now' }],
    [
      'another version of the signature',
      { ...sign(KEY), 'webhook-signature': sign(KEY)['webhook-signature'].replace('v1', 'v2') },
    ],
    ['a signature that is cut', { ...sign(KEY), 'webhook-signature': 'v1,AAAA' }],
    ['no signature', { ...sign(KEY), 'webhook-signature': '' }],
    ['no id', sign(KEY, NOW, BODY, '')],
  ])('refuses %s', async (_, headers) => {
    expect(await accepts(headers)).toBe(false);
  });

  it('refuses what is older or newer than five minutes: somebody kept it', async () => {
    for (const seconds of [-300, 300]) expect(await accepts(sign(KEY, NOW + seconds * 1000))).toBe(true);
    for (const seconds of [-301, 301]) expect(await accepts(sign(KEY, NOW + seconds * 1000))).toBe(false);
  });

  it('takes no weaker proof beside it, and no key that is too short', async () => {
    const weaker = { ...signed(BODY, 'token'), 'x-gitlab-token': 'token' };
    expect(await accepts(weaker, ['token'])).toBe(true);
    expect(await accepts(weaker, ['token', KEY])).toBe(false);
    expect(await accepts({ 'x-gitlab-token': KEY, ...signed(BODY, KEY) })).toBe(false);
    expect(await accepts(sign('whsec_AAAA'), ['whsec_AAAA'])).toBe(false);
  });
});

describe('authenticateDelivery of anybody', () => {
  const key = `whsec_${Buffer.alloc(32, 'k').toString('base64')}`;

  // Where the body is large the time would tell.
  it.each<[Provider, readonly string[]]>([
    ['github', ['a secret']],
    ['github', ['new', 'old']],
    ['bitbucket', ['a secret']],
    ['gitlab', ['a token']],
    ['gitlab', [key]],
    ['gitlab', [key, key]],
    ['generic', []],
  ])('of %s with %j hashes the body twice in both ways', async (provider, secrets) => {
    let hashed = 0;
    const body = Object.assign(Buffer.from(BODY), {
      toString: (encoding: BufferEncoding) => {
        hashed += 1;
        return BODY.toString(encoding);
      },
    });
    let asStandard = 0;
    const headers = {
      ...signed(BODY, 'none'),
      get 'webhook-id'() {
        asStandard += 1;
        return 'id';
      },
    };
    expect(await authenticateDelivery(provider, headers, body, secrets)).toBe(false);
    expect([hashed, asStandard]).toEqual([2, 2]);
  });
});
