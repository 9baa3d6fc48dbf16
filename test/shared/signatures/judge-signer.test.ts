import { describe, expect, it } from 'vitest';
import type { KeyTime, OpenPgpKey, Revocation, Signatory } from '../../../shared/model/signatory.ts';
import { judgeSigner } from '../../../shared/signatures/judge-signer.ts';
import { judgeProof } from '../../../shared/signatures/verify-signature.ts';
import type { VerifyTerms } from '../../../shared/signatures/verify-terms.ts';
import { createForgingKey, forgeSignature } from '../../support/forge-openpgp.ts';
import { createSignatory } from '../../support/signatories.ts';
import { verifyPayload } from '../../support/verify-payload.ts';

const PAYLOAD = 'A commit';
const CREATED = 1_700_000_000;
const HOUR = 3_600;
const DAY = 86_400;
const forger = createForgingKey('ed25519Legacy', { created: CREATED });

interface Scene {
  /** Changes to the key's record. */
  readonly key?: Partial<OpenPgpKey>;
  readonly signatory?: Partial<Signatory>;
  readonly terms?: Partial<VerifyTerms>;
  /** Seconds after the key's creation. */
  readonly signed?: number;
  readonly seen?: number;
  readonly lifetime?: number;
}

function judge({ key, signatory, terms, signed = HOUR, seen = 2 * HOUR, lifetime }: Scene) {
  const lifetimeBytes = Buffer.alloc(4);
  lifetimeBytes.writeUInt32BE(lifetime ?? 0);
  const signature = forgeSignature(forger, PAYLOAD, {
    created: CREATED + signed,
    moreHashed: lifetime === undefined ? [] : [[3, lifetimeBytes]],
  });
  return verifyPayload({
    payload: PAYLOAD,
    signature,
    signatories: [createSignatory([{ ...forger.record, ...key }], signatory)],
    terms: { firstSeen: CREATED + seen, ...terms },
  });
}

function outcome(scene: Scene): string {
  const result = judge(scene);
  return result.outcome === 'verified' ? 'verified' : result.reason;
}

/** The outcomes under each `keyTime`: first-seen, signature, ignore. */
function outcomes(scene: Scene): string[] {
  const keyTimes: readonly KeyTime[] = ['first-seen', 'signature', 'ignore'];
  return keyTimes.map((keyTime) => outcome({ ...scene, terms: { ...scene.terms, keyTime } }));
}

describe('the window of a key (trust rule 3.1)', () => {
  const expires = { key: { expires: CREATED + DAY } };

  it('holds the signature’s own time and first seen', () => {
    expect(outcomes(expires)).toEqual(['verified', 'verified', 'verified']);
    expect(outcomes({ ...expires, signed: DAY - 1, seen: DAY - 1 })).toEqual(['verified', 'verified', 'verified']);
  });

  it('stops a stolen expired key that dates back: first seen counts', () => {
    expect(outcomes({ ...expires, seen: DAY })).toEqual(['expired_key', 'verified', 'verified']);
  });

  it('ends at expiry, but for `ignore`', () => {
    expect(outcomes({ ...expires, signed: DAY, seen: 2 * DAY })).toEqual(['expired_key', 'expired_key', 'verified']);
  });

  it('starts at creation', () => {
    expect(outcomes({ signed: -1 })).toEqual(Array(3).fill('not_yet_valid_key'));
    expect(outcomes({ signed: 0 })).toEqual(Array(3).fill('verified'));
  });

  it('forgives a clock that runs five minutes ahead', () => {
    expect(outcome({ signed: 0, seen: -300 })).toBe('verified');
    expect(outcome({ signed: 0, seen: -301 })).toBe('not_yet_valid_key');
  });

  it('says when the key expired, and how to extend it', () => {
    expect(judge({ ...expires, seen: DAY })).toMatchObject({
      message: `is signed by key 0x${forger.record.fingerprint.toUpperCase()}, which expired on 2023-11-15 22:13:20 UTC, and the commit was first seen on 2023-11-15 22:13:20 UTC.`,
      nextStep: expect.stringContaining('--quick-set-expire'),
      recheckAt: null,
    });
  });
});

describe('revocation (trust rule 3.3)', () => {
  const revoked = (revocation: Revocation): Scene => ({ key: { revocation } });

  it('voids every signature where it is hard, in every keyTime', () => {
    expect(outcomes(revoked({ kind: 'hard' }))).toEqual(Array(3).fill('revoked_key'));
  });

  it('voids those from its time on where it is soft; expiry alone is ignored by `ignore`', () => {
    const retired = revoked({ kind: 'soft', at: CREATED + DAY });
    expect(outcomes(retired)).toEqual(Array(3).fill('verified'));
    expect(outcomes({ ...retired, seen: DAY })).toEqual(['revoked_key', 'verified', 'verified']);
    expect(outcomes({ ...retired, signed: DAY, seen: 2 * DAY })).toEqual(Array(3).fill('revoked_key'));
  });

  it('is told before expiry', () => {
    expect(outcome({ key: { revocation: { kind: 'hard' }, expires: CREATED + 1 } })).toBe('revoked_key');
  });
});

describe('signatures from the future (trust rule 3.2)', () => {
  it('are refused beyond five minutes, in every keyTime, until they are due', () => {
    expect(outcomes({ signed: HOUR, seen: HOUR - 300 })).toEqual(Array(3).fill('verified'));
    expect(outcomes({ signed: HOUR, seen: HOUR - 301 })).toEqual(Array(3).fill('future_signature'));
    expect(judge({ signed: HOUR, seen: HOUR - 301 })).toMatchObject({ recheckAt: CREATED + HOUR - 300 });
  });

  it('are accepted when they are due, with the first seen that was recorded', () => {
    const scene = { signed: HOUR, seen: 0 };
    expect(outcome({ ...scene, terms: { judgedAt: CREATED + HOUR - 301 } })).toBe('future_signature');
    expect(outcome({ ...scene, terms: { judgedAt: CREATED + HOUR - 300 } })).toBe('verified');
  });

  it('are not waited for where something else is wrong for good', () => {
    expect(outcome({ signed: DAY, seen: 0, key: { expires: CREATED + HOUR } })).toBe('expired_key');
  });
});

describe('a signature that says itself when it ends', () => {
  it('counts until then, as of first seen', () => {
    expect(outcomes({ signed: HOUR, lifetime: HOUR, seen: 2 * HOUR - 1 })).toEqual(Array(3).fill('verified'));
    expect(outcomes({ signed: HOUR, lifetime: HOUR, seen: 2 * HOUR })).toEqual(['expired_key', 'verified', 'verified']);
    expect(outcomes({ signed: HOUR, lifetime: 0, seen: DAY })).toEqual(Array(3).fill('verified'));
  });
});

describe('the policy’s window for a signatory', () => {
  it('holds in every keyTime', () => {
    const until = { signatory: { validUntil: CREATED + DAY } };
    expect(outcomes(until)).toEqual(Array(3).fill('verified'));
    expect(outcomes({ ...until, seen: DAY })).toEqual(['expired_key', 'verified', 'verified']);
    expect(outcomes({ ...until, signed: DAY, seen: DAY })).toEqual(Array(3).fill('expired_key'));
    const from = { signatory: { validFrom: CREATED + DAY } };
    expect(outcomes(from)).toEqual(Array(3).fill('not_yet_valid_key'));
    expect(outcomes({ ...from, signed: DAY, seen: DAY })).toEqual(Array(3).fill('verified'));
  });

  it('names the setting to change', () => {
    expect(judge({ signatory: { validUntil: CREATED } })).toMatchObject({
      message: expect.stringContaining('of Alice, whose keys count until'),
      nextStep: expect.stringContaining('`validUntil` of Alice'),
    });
  });
});

describe('the committer’s email (trust rule 3.6)', () => {
  const other = { emails: ['bob@example.com'] };

  it('is compared where the signatory or the branch asks for it', () => {
    expect(outcome({ signatory: other })).toBe('verified');
    expect(outcome({ signatory: { ...other, matchEmail: true } })).toBe('bad_email');
    expect(outcome({ signatory: other, terms: { matchEmail: true } })).toBe('bad_email');
    expect(outcome({ signatory: { emails: [], matchEmail: true } })).toBe('bad_email');
    expect(outcome({ signatory: { emails: ['bob@example.com', 'alice@example.com'], matchEmail: true } })).toBe(
      'verified',
    );
  });

  it('is compared without regard to the case of ASCII letters alone', () => {
    expect(outcome({ signatory: { emails: ['Alice@Example.COM'], matchEmail: true } })).toBe('verified');
    expect(outcome({ signatory: { emails: ['al\u0130ce@example.com'], matchEmail: true } })).toBe('bad_email');
  });
});

describe('a key of several signatories', () => {
  const judgeAll = (...signatories: readonly Partial<Signatory>[]) =>
    verifyPayload({
      payload: PAYLOAD,
      signature: forgeSignature(forger, PAYLOAD),
      signatories: signatories.map((one) => createSignatory([forger.record], one)),
      terms: { firstSeen: CREATED + HOUR },
    });

  it('counts for the first who accepts', () => {
    const left = { name: 'Left', validUntil: CREATED };
    expect(judgeAll(left, { name: 'Bob' }, { name: 'Carol' })).toMatchObject({ outcome: 'verified', signatory: 'Bob' });
  });

  it('is refused for the reason that is nearest to acceptance', () => {
    const early = { name: 'Early', validFrom: CREATED + DAY };
    const left = { name: 'Left', validUntil: CREATED };
    const mail = { name: 'Mail', emails: [], matchEmail: true };
    expect(judgeAll(early, left, mail)).toMatchObject({ reason: 'bad_email' });
    expect(judgeAll(early, left)).toMatchObject({ reason: 'expired_key' });
  });

  it('never counts for nobody', () => {
    const entry = { key: forger.record, signatories: [], publicKey: () => forger.privateKey };
    const proven = {
      format: 'openpgp',
      entries: [entry],
      signedAt: CREATED,
      expiresAt: null,
      certificate: null,
    } as const;
    const committer = { name: 'Alice', email: 'alice@example.com', seconds: CREATED };
    const terms = { keyTime: 'ignore', matchEmail: false, firstSeen: CREATED } as const;
    expect(() => judgeSigner(proven, committer, terms)).toThrow();
    // What throws is refused: it fails closed.
    expect(judgeProof(proven, committer, terms)).toMatchObject({ outcome: 'refused', reason: 'malformed_signature' });
  });
});
