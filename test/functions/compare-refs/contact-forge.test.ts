import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { contactForge } from '../../../functions/compare-refs/contact-forge.ts';
import type { ComparePorts } from '../../../functions/compare-refs/ports.ts';
import { createDynamoClient } from '../../../shared/store/dynamo-client.ts';
import { createDynamoForgeContactStore } from '../../../shared/store/dynamo-forge-contact-store.ts';
import type { FailedContact } from '../../../shared/store/forge-contact-store.ts';
import { TABLE, useEmbeddedServices } from '../../support/embedded-services.ts';
import type { GitServerFault } from '../../support/git-http-server.ts';
import { createPolicy } from '../../support/policies.ts';
import { RandomNumbers } from '../../support/random-numbers.ts';
import { SEED } from '../../support/seed.ts';
import { createSweptRepository, type SweptRepository } from '../../support/swept-repository.ts';

useEmbeddedServices();

const DOWN: GitServerFault = { kind: 'status', status: 500 };
const secrets: Record<string, readonly string[]> = {};

let swept: SweptRepository;
beforeEach(async () => {
  secrets.token = ['t'];
  swept = await createSweptRepository(secrets);
  await swept.git.run('branch', 'other');
  await swept.guard(['main', 'other']);
  await swept.decide();
});
afterEach(() => swept.close());

/** Sweeps every five minutes for so long, following the hints. @returns the minutes at which the forge was asked */
async function askedWithin(minutes: number): Promise<readonly number[]> {
  const asked: number[] = [];
  for (let minute = 5; minute <= minutes; minute += 5) {
    if (!['held-back', null].includes((await swept.sweep()).forge)) asked.push(minute);
    await swept.decide();
  }
  return asked;
}

describe('a forge that is down', () => {
  it('is asked less and less, to an hour, told of once and alerted after a quarter of one', async () => {
    swept.server.fault = () => DOWN;
    expect(await swept.sweep()).toMatchObject({ forge: 'server_error', hinted: ['main', 'other'] });
    await swept.decide();
    expect(await swept.state('main')).toMatchObject({ unreachable: { cause: 'server_error', alerted: false } });
    // The sweep after a quarter of an hour leaves that to the decisions, which alert, and remind after an hour and four.
    expect(await askedWithin(300)).toEqual([5, 20, 40, 80, 140, 200, 260]);
    expect(await swept.state('main')).toMatchObject({ unreachable: { attempts: 4, alerted: true } });
  });

  it('is asked by others no sooner or later, and sooner with luck', async () => {
    swept.random = 0;
    swept.server.fault = () => DOWN;
    await swept.sweep();
    await swept.decide();
    expect(await askedWithin(60)).toEqual([5, 10, 20, 40]);
  });

  it('that is back is found at the next contact, and forgotten', async () => {
    swept.server.fault = () => DOWN;
    await swept.sweep();
    await swept.decide();
    expect(await askedWithin(20)).toEqual([5, 20]);
    swept.server.fault = null;
    const tip = await swept.commit('Signed');
    expect(await swept.sweep(15)).toMatchObject({ forge: 'held-back' });
    expect(await swept.sweep(5)).toMatchObject({ forge: 'refs', hinted: ['main', 'other'] });
    await swept.decide();
    expect(await swept.state('main')).toMatchObject({ trusted: { oid: tip }, unreachable: null });
    expect(await createDynamoForgeContactStore(createDynamoClient(), TABLE).read(swept.name)).toBeNull();
    expect(await swept.sweep()).toMatchObject({ forge: 'refs', hints: 0 });
  });

  it('that a webhook found back is swept at once', async () => {
    swept.server.fault = () => DOWN;
    await swept.sweep();
    expect(await askedWithin(35)).toEqual([5, 15, 35]);
    swept.server.fault = null;
    // As verify does for a webhook.
    await swept.guard(['main', 'other']);
    await swept.decide();
    expect(await swept.state('main')).toMatchObject({ unreachable: null });
    expect(await swept.sweep()).toMatchObject({ forge: 'refs', hints: 0 });
  });

  it('is told of again where it fails in another way', async () => {
    swept.server.fault = () => DOWN;
    await swept.sweep();
    await swept.decide();
    swept.server.fault = () => ({ kind: 'status', status: 404 });
    expect(await swept.sweep()).toMatchObject({ forge: 'not_found', hinted: ['main', 'other'] });
    await swept.decide();
    expect(await swept.state('other')).toMatchObject({ unreachable: { cause: 'not_found' } });
  });

  it('keeps no other repository back', async () => {
    const other = await createSweptRepository(secrets);
    await other.guard(['main'], { url: `${swept.server.url}/${swept.git.name}` });
    await other.decide();
    swept.server.fault = () => DOWN;
    await swept.sweep();
    swept.server.fault = null;
    expect(await other.sweep()).toMatchObject({ forge: 'refs' });
    await other.close();
  });

  it('is asked again whatever a damaged item says, or one from a clock that went wrong', async () => {
    swept.server.fault = () => DOWN;
    await swept.sweep();
    await swept.decide();
    for (const attributes of [{ nextAt: 'later' }, { failures: 1, nextAt: '2099-01-01T00:00:00.000Z' }]) {
      const item = { pk: `contact:${swept.name}`, sk: 'contact', ...attributes };
      await createDynamoClient().send(new PutItemCommand({ TableName: TABLE, Item: marshall(item) }));
      expect(await swept.sweep(1)).toMatchObject({ forge: 'server_error' });
    }
  });

  it('is not asked at all where a secret is missing, which is no reason to wait either', async () => {
    await swept.guard(['main', 'other'], { credentials: { bearer: { secretRef: 'token' } } });
    await swept.decide();
    delete secrets.token;
    for (const hinted of [['main', 'other'], [], []]) {
      expect(await swept.sweep()).toMatchObject({ forge: 'missing_secret', hinted });
      await swept.decide();
    }
    secrets.token = ['t'];
    expect(await swept.sweep(1)).toMatchObject({ forge: 'refs', hinted: ['main', 'other'] });
  });
});

describe('a host that nobody can reach', () => {
  const shareHost = async () => {
    const others = await Promise.all([1, 2, 3].map(() => createSweptRepository(secrets)));
    for (const each of others) {
      await each.guard(['main'], { url: `${swept.server.url}/${swept.git.name}` });
      await each.decide();
    }
    return { others, close: () => Promise.all(others.map((each) => each.close())) };
  };

  it('several times in a row keeps all its repositories back, until the next sweep, and no other host', async () => {
    const { others, close } = await shareHost();
    const [second, third, fourth] = others as [SweptRepository, SweptRepository, SweptRepository];
    const elsewhere = await createSweptRepository(secrets);
    await elsewhere.guard(['main']);
    await elsewhere.decide();
    swept.server.fault = () => ({ kind: 'reset' });
    for (const each of [swept, second, third]) expect(await each.sweep()).toMatchObject({ forge: 'connection' });
    expect(await fourth.sweep()).toMatchObject({ forge: 'held-back' });
    expect(await elsewhere.sweep()).toMatchObject({ forge: 'refs' });
    // Whoever comes first then tries, and keeps the others back again.
    expect(await fourth.sweep(6)).toMatchObject({ forge: 'connection' });
    expect(await third.sweep(6)).toMatchObject({ forge: 'held-back' });
    swept.server.fault = null;
    expect(await fourth.sweep(6)).toMatchObject({ forge: 'refs' });
    for (const each of [swept, second, third]) expect(await each.sweep(1)).toMatchObject({ forge: 'refs' });
    await Promise.all([close(), elsewhere.close()]);
  });

  it('now and then, or that answers in between, keeps nobody back but who failed', async () => {
    const { others, close } = await shareHost();
    const [second, third, fourth] = others as [SweptRepository, SweptRepository, SweptRepository];
    for (const fault of [{ kind: 'reset' }, { kind: 'reset' }, { kind: 'status', status: 404 }] as const) {
      swept.server.fault = () => fault;
      expect((await second.sweep(120)).forge).not.toBe('held-back');
    }
    swept.server.fault = () => ({ kind: 'reset' });
    expect(await third.sweep(360)).toMatchObject({ forge: 'connection' });
    swept.server.fault = null;
    expect(await fourth.sweep(360)).toMatchObject({ forge: 'refs' });
    await close();
  });

  it('takes little of the turns that a thousand of its repositories share with others', async () => {
    const contacts = new Map<string, FailedContact>();
    let now = new Date('2036-06-01T00:00:00Z');
    const numbers = new RandomNumbers(SEED);
    let asked = 0;
    const unreachable = { kind: 'unreachable', cause: 'timeout', message: 'It hangs.' } as const;
    const ports = {
      contacts: {
        read: async (party: string) => contacts.get(party) ?? null,
        write: async (party: string, contact: FailedContact) => void contacts.set(party, contact),
        remove: async (party: string) => void contacts.delete(party),
      },
      openSources: async () => {
        asked += 1;
        return unreachable;
      },
      now: () => now,
      random: () => numbers.below(1000) / 1000,
    } as unknown as ComparePorts;
    const policies = Array.from({ length: 1000 }, (_, n) => createPolicy(`r${n}`));
    const asks: number[] = [];
    for (let sweep = 0; sweep < 24; sweep += 1) {
      asked = 0;
      for (const policy of policies) {
        const isUnreached = contacts.has(policy.repository);
        await contactForge(policy, { withTags: false, isUnreached }, ports);
        now = new Date(now.getTime() + 300);
      }
      asks.push(asked);
    }
    // Five turns at a time, ten seconds each, in the five minutes of a sweep: 150 would leave no time for anybody else.
    expect(Math.max(...asks)).toBeLessThan(120);
    // Within the first hour each was tried once, and says so; from then on one or two try for all.
    expect(Math.max(...asks.slice(13))).toBeLessThan(10);
  });
});

describe('a forge that limits its callers', () => {
  const limit = (status: number, seconds: number): GitServerFault => ({
    kind: 'status',
    status,
    headers: { 'retry-after': String(seconds) },
  });

  it.each([429, 403])('with status %i is left alone for as long as it says', async (status) => {
    swept.server.fault = () => limit(status, 40 * 60);
    expect(await swept.sweep()).toMatchObject({ forge: 'rate_limited', hinted: ['main', 'other'] });
    expect(await askedWithin(45)).toEqual([40]);
  });

  it('is asked after an hour, whatever it says', async () => {
    swept.server.fault = () => limit(429, 999_999_999);
    await swept.sweep();
    expect(await askedWithin(70)).toEqual([60]);
  });

  it('is asked no sooner where it names less than what was waited already', async () => {
    swept.server.fault = () => limit(429, 1);
    await swept.sweep();
    expect(await askedWithin(35)).toEqual([5, 15, 35]);
  });

  it('is left alone with status 503 too, by this repository', async () => {
    swept.server.fault = () => limit(503, 40 * 60);
    await swept.sweep();
    await swept.decide();
    expect(await askedWithin(45)).toEqual([40]);
  });

  it('keeps back those that it serves for an hour at most, however often it limits another one', async () => {
    const same = await createSweptRepository(secrets);
    await same.guard(['main'], { url: `${swept.server.url}/${swept.git.name}` });
    await same.decide();
    const asked: number[] = [];
    for (let minute = 5; minute <= 180; minute += 5) {
      swept.server.fault = () => limit(429, 60);
      await swept.sweep();
      swept.server.fault = null;
      if ((await same.sweep()).forge === 'refs') asked.push(minute);
    }
    expect(asked).toEqual([65, 130]);
    await same.close();
  });

  it('keeps back those that call it with the same credentials, and nobody else', async () => {
    const credentials = { bearer: { secretRef: 'token' } };
    const [same, another] = await Promise.all([createSweptRepository(secrets), createSweptRepository(secrets)]);
    const url = `${swept.server.url}/${swept.git.name}`;
    await swept.guard(['main'], { credentials });
    await same.guard(['main'], { credentials, url });
    await another.guard(['main'], { url });
    for (const each of [swept, same, another]) await each.decide();
    swept.server.fault = () => limit(429, 20 * 60);
    await swept.sweep();
    swept.server.fault = null;
    expect(await same.sweep()).toMatchObject({ forge: 'held-back' });
    expect(await another.sweep()).toMatchObject({ forge: 'refs' });
    expect(await same.sweep(25)).toMatchObject({ forge: 'refs' });
    await Promise.all([same.close(), another.close()]);
  });
});
