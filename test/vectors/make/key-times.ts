import { createForgedSigner, forgeCertificate } from './keys.ts';
import { createTimeline, DAY, day } from './timeline.ts';
import { type Area, KEYS_MADE, SIGNED, type Workshop } from './workshop.ts';

const TRUSTED = 'trusted A';
const EXPIRED = 'locked at T on A: expired_key';
const EARLY = 'locked at T on A: not_yet_valid_key';

/** Trust rules 3.1, 3.2: when a key counts. */
export async function makeKeyTimes(workshop: Workshop): Promise<Area> {
  const area = workshop.area();
  const { sign, make, inKeyTime, seenEarly } = createTimeline(workshop, area, '3.1');

  const expiring = await make('Expiring', 'seconds=5184000'); // 60 days
  area.files['expiring.asc'] = await expiring.certificate();
  const expiry = { row: 'signature after expiry' };
  await sign('a key that expired between signature and first seen', EXPIRED, expiring.sign, 'expiring.asc', expiry);
  await sign('a key that had not expired yet', TRUSTED, expiring.sign, 'expiring.asc', { at: day(SIGNED + DAY) });
  await sign(
    'a commit that was seen before its key expired, and is judged after',
    TRUSTED,
    expiring.sign,
    'expiring.asc',
    {
      ...seenEarly(EXPIRED),
      rule: ['3.1', '3.3'],
    },
  );
  await sign(
    'keyTime signature looks at the signature alone',
    TRUSTED,
    expiring.sign,
    'expiring.asc',
    inKeyTime('signature', 'expiring.asc'),
  );
  const forger = createForgedSigner();
  area.files['lapsed.asc'] = forgeCertificate(forger.key, {
    claim: { lifetime: SIGNED - DAY - forger.key.record.created },
  });
  const made = 'Packets put together by hand: gpg signs with no key that expired.';
  area.files['forged.asc'] = forgeCertificate(forger.key);
  for (const keyTime of ['signature', 'ignore'] as const) {
    await sign(
      `dated after its key expired, keyTime ${keyTime}`,
      keyTime === 'ignore' ? TRUSTED : EXPIRED,
      forger.by(),
      'lapsed.asc',
      {
        ...inKeyTime(keyTime, 'lapsed.asc'),
        ...{ ...expiry, made },
      },
    );
  }
  const before = { row: 'signature before the key', made: made.replace('that expired', 'that is not made yet') };
  const created = forger.key.record.created;
  await sign(
    'dated a second before its key',
    EARLY,
    forger.by({ created: created - 1 }),
    'forged.asc',
    before,
    created,
  );
  await sign('dated as its key', TRUSTED, forger.by({ created }), 'forged.asc', { made }, created);
  await sign(
    'dated before its key, keyTime ignore',
    EARLY,
    forger.by({ created: created - 1 }),
    'forged.asc',
    {
      ...before,
      ...inKeyTime('ignore', 'forged.asc'),
    },
    created,
  );

  const renewed = await make('Renewed', 'seconds=5184000');
  area.files['former.asc'] = await renewed.certificate();
  await workshop.home.gpg(['--quick-set-expire', renewed.key.fingerprint, 'seconds=31536000'], { at: SIGNED + DAY });
  area.files['renewed.asc'] = await renewed.certificate();
  const renewal = {
    row: 'signature under a renewed key',
    rule: ['2.2', '3.1'],
    made: '`gpg --quick-set-expire` after the signature.',
  };
  await sign('a key as it was before its renewal', EXPIRED, renewed.sign, 'former.asc', renewal);
  await sign('the same key renewed', TRUSTED, renewed.sign, 'renewed.asc', renewal);
  await sign(
    'the same key renewed, signed after its first expiry',
    TRUSTED,
    renewed.by({ at: KEYS_MADE + 90 * DAY }),
    'renewed.asc',
    renewal,
  );

  const alice = await make('Alice');
  area.files['alice.asc'] = await alice.certificate();
  const future = { rule: '3.2' };
  await sign('dated an hour after it was seen', 'locked at T on A: future_signature', alice.sign, 'alice.asc', {
    ...future,
    at: day(SIGNED - 3600),
  });
  await sign('dated six minutes after it was seen', 'locked at T on A: future_signature', alice.sign, 'alice.asc', {
    ...future,
    at: day(SIGNED - 360),
  });
  await sign('dated five minutes after it was seen', TRUSTED, alice.sign, 'alice.asc', {
    ...future,
    at: day(SIGNED - 300),
  });
  await sign('dated after it was seen, and judged again when due', TRUSTED, alice.sign, 'alice.asc', {
    ...future,
    earlier: [{ at: day(SIGNED - 3600), tip: 'A' }],
    at: day(SIGNED),
  });
  await sign('dated after it was seen, keyTime ignore', 'locked at T on A: future_signature', alice.sign, 'alice.asc', {
    ...future,
    ...inKeyTime('ignore', 'alice.asc'),
    at: day(SIGNED - 3600),
  });

  const within = (window: object) => ({
    policy: { signatories: [{ name: 'Alice', openpgp: 'alice.asc', ...window }] },
  });
  const backdated = { row: 'backdated commit under validUntil', ...within({ validUntil: '2025-03-01' }) };
  await sign('backdated under validUntil', EXPIRED, alice.sign, 'alice.asc', {
    ...backdated,
    made: 'gpg at a faked time: as a stolen key may date.',
  });
  await sign('seen before validUntil', TRUSTED, alice.sign, 'alice.asc', { ...backdated, at: '2025-02-28T23:59:59Z' });
  await sign('seen on the last day of validUntil, judged later', TRUSTED, alice.sign, 'alice.asc', {
    ...seenEarly(EXPIRED),
    ...backdated,
  });
  await sign('backdated under validUntil, keyTime signature', TRUSTED, alice.sign, 'alice.asc', {
    policy: { ...backdated.policy, branches: { main: { keyTime: 'signature' } } },
  });
  await sign('dated before validFrom', EARLY, alice.sign, 'alice.asc', within({ validFrom: '2025-03-01' }));
  return area;
}
