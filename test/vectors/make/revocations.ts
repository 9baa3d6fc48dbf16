import { revocation } from '../../support/forge-certificate.ts';
import { revokeGpgKey } from '../../support/signing.ts';
import { createForgedSigner, forgeCertificate } from './keys.ts';
import { createTimeline, DAY, day, type Timeline } from './timeline.ts';
import { type Area, SIGNED, type Signer, type Workshop } from './workshop.ts';

const TRUSTED = 'trusted A';
const REVOKED = 'locked at T on A: revoked_key';
const REVOKED_AT = SIGNED + 10 * DAY;

/** Trust rule 3.3: a soft revocation counts from its time on, a hard one for ever. */
export async function makeRevocations(workshop: Workshop): Promise<Area> {
  const area = workshop.area();
  const timeline = createTimeline(workshop, area, '3.3');
  await makeUnpublished(area, timeline);
  await makePublished(area, timeline);
  return area;
}

async function makeUnpublished(area: Area, { sign, make, seenEarly, inKeyTime }: Timeline): Promise<void> {
  const [soft, hard] = ['signature after soft revocation', 'signature after hard revocation'];
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
    const more = { row, made };
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
}

async function makePublished(area: Area, { make }: Timeline): Promise<void> {
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
