import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { computeOid } from '../../shared/git/object-id.ts';
import { DEFAULT_BRANCH_LIMITS } from '../../shared/model/limits.ts';
import { createKeyring, type Keyring } from '../../shared/signatures/keyring.ts';
import { OID } from '../../shared/signatures/x509/oids.ts';
import { parseCms } from '../../shared/signatures/x509/parse-cms.ts';
import { judgeCommit } from '../../shared/trust/judge-commit.ts';
import { commitPayload, signedCommit } from '../support/commit-bytes.ts';
import { listElements, mutateDer } from '../support/der-mutations.ts';
import { AUTHORITY, EMAIL_SIGNER, type Issued, STAMPER } from '../support/openssl-authority.ts';
import { RandomNumbers } from '../support/random-numbers.ts';
import { SEED } from '../support/seed.ts';
import { armorCms, createX509World, type X509World } from '../support/x509-signing.ts';

const MUTANTS = 15_000;

/** A good signature over a commit, or one that looks like it and comes from Mallory's own authority. */
interface Original {
  readonly payload: Buffer;
  readonly cms: Buffer;
}

describe('random mutations of X.509 signatures (trust rules 2.4, 3.3)', () => {
  let world: X509World;
  let keyring: Keyring;
  let originals: readonly Original[];
  let forgeries: readonly Original[];
  beforeAll(() => {
    world = createX509World();
    keyring = createKeyring([world.signatory()]);
    const { openssl, root } = world;
    const rsa = { key: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'] };
    const middle = openssl.issue({ name: 'Middle', extensions: AUTHORITY }, root);
    const mallory = openssl.issue({ name: 'Root', extensions: AUTHORITY });
    const issue = (issuer: Issued, more = {}) =>
      openssl.issue({ name: 'Alice', extensions: EMAIL_SIGNER, ...more }, issuer);
    const stamper = openssl.issue({ name: 'Stamper', extensions: STAMPER }, mallory);
    const sign = (message: string, signer: Issued, others: readonly Issued[], by = world.stamper): Original => {
      const payload = commitPayload({ message });
      return { payload, cms: world.stamp(openssl.sign(payload, signer, others), by) };
    };
    originals = [
      sign('P-256\n', world.alice, []),
      sign('RSA\n', issue(root, rsa), []),
      sign('over an authority\n', issue(middle), [middle]),
    ];
    forgeries = [
      sign('P-256\n', issue(mallory), [mallory], stamper),
      sign('forged\n', issue(mallory), [mallory], stamper),
    ];
  });
  afterAll(() => world.openssl.remove());

  const judge = ({ payload, cms }: Original) => {
    const raw = signedCommit(payload, Buffer.from(armorCms(cms)));
    const terms = { keyTime: 'first-seen', matchEmail: false, limits: DEFAULT_BRANCH_LIMITS } as const;
    const firstSeen = Math.floor(Date.now() / 1000) + 3600;
    return judgeCommit(computeOid('commit', raw, 'sha1').oid, raw, keyring, {
      ...terms,
      firstSeen,
      judgedAt: firstSeen,
    });
  };

  it(`accept no payload, signer, signature or time that is not an original’s, in ${MUTANTS} mutants`, () => {
    expect([...originals, ...forgeries].map((one) => judge(one).outcome)).toEqual([
      ...originals.map(() => 'verified'),
      ...forgeries.map(() => 'refused'),
    ]);
    const known = new Set(originals.map((one) => evidenceOf(one)));
    const random = new RandomNumbers(SEED);
    const all = [...originals, ...forgeries];
    const spares = all.flatMap(({ cms }) => listElements(cms));
    const counts = { accepted: 0, refused: 0 };
    for (let count = 0; count < MUTANTS; count += 1) {
      let { payload, cms } = random.pick(all);
      if (random.below(4) === 0) ({ payload } = random.pick(all));
      for (let steps = random.between(1, 3); steps > 0; steps -= 1) cms = mutateDer(cms, spares, random);
      const found = judge({ payload, cms });
      counts[found.outcome === 'verified' ? 'accepted' : 'refused'] += 1;
      if (found.outcome === 'verified' && !known.has(evidenceOf({ payload, cms })))
        throw new Error(`Seed ${SEED}, mutant ${count}: ${cms.toString('base64')}`);
    }
    console.log(`X.509 mutants, seed ${SEED}: ${counts.accepted} accepted, ${counts.refused} refused`);
    expect(counts.refused).toBeGreaterThan(MUTANTS / 2);
    expect(counts.accepted).toBeGreaterThan(0);
  }, 600_000);
});

/** What an accepted signature rests on: the commit, what is signed and by whom, and what is stamped and when. */
function evidenceOf({ payload, cms }: Original): string {
  const read = parseCms(cms);
  const token = read.unsignedAttributes.get(OID.timeStampToken);
  const stamp = parseCms(token?.whole ?? Buffer.alloc(0));
  const parts = [payload, read.signedAttributes, read.signature, signerOf(read), stamp.content, stamp.signature];
  return parts.map((part) => part?.toString('base64')).join(' ');
}

/** The certificate that the signature names is among those that come along. */
function signerOf({ signer, certificates }: ReturnType<typeof parseCms>): Buffer | undefined {
  if ('keyIdentifier' in signer) return undefined;
  return certificates.find((one) => one.includes(signer.issuer) && one.includes(signer.serial));
}
