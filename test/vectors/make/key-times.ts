import { revocation } from '../../support/forge-certificate.ts';
import { revokeGpgKey } from '../../support/signing.ts';
import { createForgedSigner, createGpgSigner, forgeCertificate } from './keys.ts';
import { type Area, KEYS_MADE, type NewVector, SIGNED, type Signer, type Workshop } from './workshop.ts';

const DAY = 86_400;
const TRUSTED = 'trusted A';
const REVOKED = 'locked at T on A: revoked_key';
const EXPIRED = 'locked at T on A: expired_key';
const EARLY = 'locked at T on A: not_yet_valid_key';

type More = Partial<NewVector>;

/** Trust rules 3.1 to 3.3: when a key counts. */
export async function makeKeyTimes(workshop: Workshop): Promise<Area> {
  const area = workshop.area();
  const sign = async (
    name: string,
    expect: string,
    signer: Signer,
    file: string,
    more: More = {},
    seconds = SIGNED,
  ) => {
    const history = await area.history();
    await history.commit('A', { seconds }, signer);
    const policy = { signatories: [{ name: 'Alice', openpgp: file }] };
    area.record(history, { policy, rule: '3.1', made: 'gpg at a faked time.', name, expect, ...more });
  };
  const make = (name: string, expires = '0') =>
    createGpgSigner(workshop, { name, email: `${name.toLowerCase()}@example.com`, expires });
  const inKeyTime = (keyTime: 'signature' | 'ignore', file: string): More => ({
    policy: { signatories: [{ name: 'Alice', openpgp: file }], branches: { main: { keyTime } } },
  });
  /** First seen right after signing, under a policy that named nobody, and judged in June. The command sees it in June. */
  const seenEarly = (cli: string): More => ({
    earlier: [{ at: day(SIGNED + DAY), tip: 'A', policy: 'nobody' }],
    'expect-by': { cli },
  });

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

  await makeRevocations(make, area, sign, seenEarly, inKeyTime);

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

/** Trust rule 3.3: a soft revocation counts from its time on, a hard one for ever. */
async function makeRevocations(
  make: (name: string) => ReturnType<typeof createGpgSigner>,
  area: Area,
  sign: (name: string, expect: string, signer: Signer, file: string, more?: More) => Promise<void>,
  seenEarly: (cli: string) => More,
  inKeyTime: (keyTime: 'signature' | 'ignore', file: string) => More,
): Promise<void> {
  const REVOKED_AT = SIGNED + 10 * DAY;
  const [rule, soft, hard] = ['3.3', 'signature after soft revocation', 'signature after hard revocation'];
  for (const reason of ['retired', 'superseded', 'compromised', 'none'] as const) {
    const isHard = reason === 'compromised' || reason === 'none';
    const file = `${reason}.asc`;
    const signer = await make(reason);
    // gpg signs with no key that is revoked: the commit is signed first, and the certificate exported afterwards.
    let signature: Buffer | undefined;
    await (await area.history()).commit('A', { seconds: SIGNED }, async (payload) => {
      signature = Buffer.from(await signer.sign(payload));
      return signature;
    });
    await revokeGpgKey(signer.key, reason, REVOKED_AT);
    area.files[file] = await signer.certificate();
    const more = {
      rule,
      row: isHard ? hard : soft,
      made: `gpg; the key was revoked afterwards (${reason}).`,
    };
    const again: Signer = () => signature ?? Buffer.alloc(0);
    const name = (what: string) => `${isHard ? 'hard' : 'soft'} revocation (${reason}): ${what}`;
    const early = isHard ? REVOKED : TRUSTED;
    await sign(name('signed before, first seen after'), REVOKED, again, file, more);
    await sign(name('signed and first seen before'), early, again, file, { ...seenEarly(REVOKED), ...more });
    const relaxed = { ...more, ...inKeyTime('signature', file) };
    await sign(name('signed before, keyTime signature'), early, again, file, relaxed);
  }

  const made = 'Packets put together by hand: gpg signs with no key that is revoked.';
  for (const [code, row] of [
    [3, soft],
    [2, hard],
  ] as const) {
    const forger = createForgedSigner();
    const file = code === 3 ? 'forged-soft.asc' : 'forged-hard.asc';
    const after = REVOKED_AT - forger.key.record.created;
    const statement = revocation(forger.key, code, { after, more: [[29, Buffer.from([code])]] });
    area.files[file] = forgeCertificate(forger.key, { before: [statement] });
    const more = { rule, row, made };
    const name = (what: string) => `${code === 3 ? 'soft' : 'hard'} revocation: ${what}`;
    const [late, own] = [forger.by({ created: REVOKED_AT }), forger.by()];
    await sign(name('dated at its time, keyTime signature'), REVOKED, late, file, {
      ...more,
      ...inKeyTime('signature', file),
    });
    await sign(name('dated at its time, keyTime ignore'), REVOKED, late, file, {
      ...more,
      ...inKeyTime('ignore', file),
    });
    const before = { ...more, ...inKeyTime('ignore', file) };
    await sign(name('dated before it, keyTime ignore'), code === 3 ? TRUSTED : REVOKED, own, file, before);
  }

  // What was published before is not judged again.
  const [retiring, bob] = [await make('Retiring'), await make('Bob')];
  const history = await area.history();
  await history.commit('A', { seconds: SIGNED }, retiring.sign);
  await history.commit('B', { seconds: SIGNED + 20 * DAY }, bob.by({ at: SIGNED + 20 * DAY }));
  area.files['before-retirement.asc'] = await retiring.certificate();
  await revokeGpgKey(retiring.key, 'retired', REVOKED_AT);
  area.files['retiring.asc'] = await retiring.certificate();
  area.files['bob.asc'] = await bob.certificate();
  const signatories = ['retiring', 'bob'].map((each) => ({ name: each, openpgp: `${each}.asc` }));
  area.record(history, {
    name: 'soft revocation: what was published before stays, and the branch goes on',
    rule: '3.3',
    made: 'gpg; the key was retired after the commit was published.',
    policy: { signatories },
    trusted: 'A',
    earlier: [
      {
        at: day(SIGNED + DAY),
        tip: 'A',
        policy: { signatories: [{ name: 'retiring', openpgp: 'before-retirement.asc' }] },
      },
    ],
    expect: 'trusted B',
  });

  // What was published before a hard one rests on a compromised key.
  const stolen = await make('Stolen');
  const after = await area.history();
  await after.commit('A', { seconds: SIGNED }, stolen.sign);
  await after.commit('B', { seconds: SIGNED + 20 * DAY }, bob.by({ at: SIGNED + 20 * DAY }));
  area.files['before-theft.asc'] = await stolen.certificate();
  await revokeGpgKey(stolen.key, 'compromised', REVOKED_AT);
  area.files['stolen.asc'] = await stolen.certificate();
  const people = (file: string) => [
    { name: 'Stolen', openpgp: file },
    { name: 'Bob', openpgp: 'bob.asc' },
  ];
  area.record(after, {
    name: 'hard revocation: what was published before is compromised, and nothing advances',
    rule: '3.3',
    made: 'gpg; the key was revoked after the commit was published. The decision and the command begin with A.',
    policy: { signatories: people('stolen.asc') },
    trusted: 'A',
    earlier: [{ at: day(SIGNED + DAY), tip: 'A', policy: { signatories: people('before-theft.asc') } }],
    expect: 'trusted B',
    'expect-by': { handler: 'compromised at A' },
  });
}

function day(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000', '');
}
