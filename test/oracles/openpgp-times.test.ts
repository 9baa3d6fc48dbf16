import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KeyTime, Signatory } from '../../shared/model/signatory.ts';
import { commitPayload, signedCommit } from '../support/commit-bytes.ts';
import { forgePacket } from '../support/forge-openpgp.ts';
import { createGitOracle, type GitOracle } from '../support/git-oracle.ts';
import { armorWithChecksum } from '../support/openpgp-packets.ts';
import { createGpgHome, type GpgHome } from '../support/signing.ts';
import { compare, type DifferenceTable, formatComparison, type Scene, type Specimen } from './compare.ts';
import { type ForgedCertificate, forgeCertificates } from './openpgp-certificates.ts';
import { shareCertificate } from './openpgp-keys.ts';
import { createGpgLives, type GpgLives, type SigningCertificate } from './openpgp-lives.ts';

const DAY = 86_400;
const SKEW = 300;
const PAYLOAD = commitPayload();
/** Days after the primary key was made. */
const SIGNED_ON = [-1, 10, 49, 51, 81, 101, 250];
const SEEN_ON = [1, 55, 79.5, 110, 300];

/** Where Headlock is stricter than gpg, and the trust rule that says so. */
const TABLE: DifferenceTable = {
  'dated after first seen → future_signature': '3.2',
  'dated after first seen → expired_key': '3.1: valid at the time of the signature too',
  'dated after first seen → not_signing_key': '2.2: flags that let it sign',
  'dated after first seen → revoked_key': '3.3',
  'gpg: a subkey of 100 days → expired_key': '3.1: not in the second in which it ends',
  'certificate: no flags → not_signing_key': '2.2: flags that let it sign',
  'certificate: no flags, 100 days → not_signing_key': '2.2: flags that let it sign',
  'certificate: a subkey without flags → not_signing_key': '2.2: flags that let it sign',
  'certificate: its only user id revoked → not_signing_key': '2.2: a valid self-signature',
  'certificate: two copies, one whose user id is revoked → not_signing_key': '2.2: a valid self-signature',
  'certificate: a user id in two places, revoked in the second → not_signing_key': '2.2: a valid self-signature',
  'certificate: a subkey in two places, revoked in the second → revoked_key': '3.3: what is compromised stays so',
  'certificate: a user id revoked by SHA-1 → not_signing_key': '2.2: a valid self-signature',
  'certificate: renewed by SHA-1 → expired_key': '2.5: SHA-1 adds nothing',
  'certificate: revoked by a designated revoker, whose certificate is not there → revoked_key':
    '3.3: not proven otherwise',
  'certificate: a later statement without flags → expired_key': '2.2: the newest self-signature that states any',
  'certificate: a statement that expires itself → expired_key': '2.2: a valid self-signature',
};

describe('OpenPGP certificates through time, by Headlock and by git with gpg', () => {
  let oracle: GitOracle;
  let lives: GpgLives;
  let homes: { readonly now: GpgHome; readonly before: GpgHome };
  beforeAll(async () => {
    const [now, before] = [await createGpgHome(), await createGpgHome()];
    homes = { now, before };
    oracle = await createGitOracle();
    lives = await createGpgLives(PAYLOAD);
  }, 180_000);
  afterAll(() => Promise.all([oracle.remove(), homes.now.cleanup(), homes.before.cleanup(), lives.cleanup()]));

  it('differ only where a trust rule says so', async () => {
    const certificates = [...forgeCertificates().map(signByHand), ...lives.certificates];
    const signatories: Signatory[] = [];
    for (const { what, packets, copies = [], retired } of certificates) {
      signatories.push(...(await shareCertificate([packets, ...copies], what, homes.now)));
      await shareCertificate([retired?.before ?? packets, ...copies], what, homes.before);
    }
    const scenes = new Map<string, Scene>();
    const sceneOf: FindScene = (home, at, firstSeen, keyTime) => {
      const name = `${home} ${at} ${firstSeen} ${keyTime}`;
      const trust = { kind: 'gpg', home: homes[home].path, at } as const;
      const scene = scenes.get(name) ?? { signatories, trust, firstSeen, keyTime };
      scenes.set(name, scene);
      return scene;
    };
    const comparison = await compare(
      oracle,
      certificates.flatMap((certificate) => specimensOf(certificate, sceneOf)),
    );
    console.log(formatComparison('OpenPGP certificates and times', comparison, TABLE));
    expect(comparison.laxer).toEqual([]);
    expect(comparison.otherKeys).toEqual([]);
    expect([...comparison.stricter.keys()].toSorted()).toEqual(Object.keys(TABLE).toSorted());
    expect(comparison.bothAccept).toBeGreaterThan(400);
  }, 600_000);
});

/** gpg would not sign before a key was made or after it ended: a forged key does. */
function signByHand(certificate: ForgedCertificate): SigningCertificate {
  const { signer, start } = certificate;
  const signatures = SIGNED_ON.map((signedOn) => {
    const armor = armorWithChecksum(forgePacket(signer, PAYLOAD, { created: start + signedOn * DAY }));
    return { signedOn, armor };
  });
  return { ...certificate, signatures };
}

type FindScene = (home: 'now' | 'before', at: number, firstSeen: number, keyTime: KeyTime) => Scene;

/**
 * A signature of each day, first seen on each other day. gpg is asked as of first seen, or as of the signature where the
 * policy goes by that alone (trust rule 3.1).
 */
function specimensOf({ what, start, retired, signatures }: SigningCertificate, sceneOf: FindScene): Specimen[] {
  const homeAt = (at: number) => (retired !== undefined && at < retired.at ? 'before' : 'now');
  return signatures.flatMap(({ signedOn, armor }) => {
    const signedAt = start + signedOn * DAY;
    const raw = signedCommit(PAYLOAD, armor);
    const seen = SEEN_ON.map((seenOn): Specimen => {
      const at = start + seenOn * DAY;
      const scene = sceneOf(homeAt(Math.max(at, signedAt)), at, at, 'first-seen');
      const category = signedAt > at + SKEW ? 'dated after first seen' : what;
      return { what: category, by: `${what}, signed on day ${signedOn}, seen on day ${seenOn}`, raw, scene };
    });
    const late = sceneOf(homeAt(signedAt), signedAt, start + 300 * DAY, 'signature');
    return [...seen, { what, by: `${what}, signed on day ${signedOn}, keyTime: signature`, raw, scene: late }];
  });
}
